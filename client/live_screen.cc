// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "client/live_screen.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace sluice::client {
namespace {

constexpr char kHideCursor[] = "\x1b[?25l";
constexpr char kShowCursor[] = "\x1b[?25h";
// Not even a character that the terminal takes for wider than we do may wrap a line.
constexpr char kNoWrap[] = "\x1b[?7l";
constexpr char kWrap[] = "\x1b[?7h";
constexpr char kClearToLineEnd[] = "\x1b[K";
constexpr char kClearBelow[] = "\x1b[J";

}  // namespace

void LiveScreen::Draw(const std::vector<Line>& lines) {
  const Size size = console_.size();
  std::string text;
  for (const Line& line : lines) {
    // Before the text: behind a full line the cursor still stands on its last character.
    absl::StrAppend(&text, kClearToLineEnd, line.ToText(size.columns, console_.colour()), "\n");
  }
  if (text == drawn_text_ && size == drawn_size_) return;
  std::string output = cursor_hidden_ ? "" : kHideCursor;
  if (!drawn_.empty()) absl::StrAppend(&output, "\r\x1b[", RowsAt(size.columns), "A");
  // Lines that the terminal wrapped stand on more rows than are drawn again.
  if (size != drawn_size_) output += kClearBelow;
  absl::StrAppend(&output, kNoWrap, text, kClearBelow, kWrap);
  cursor_hidden_ = true;
  drawn_ = lines;
  drawn_text_ = text;
  drawn_size_ = size;
  console_.Write(output);
}

void LiveScreen::Release() {
  if (cursor_hidden_) console_.Write(std::string(kShowCursor));
  cursor_hidden_ = false;
  drawn_.clear();
  drawn_text_.clear();
}

int LiveScreen::RowsAt(int columns) const {
  int rows = 0;
  for (const Line& line : drawn_) {
    const int width = std::min(line.Width(), drawn_size_.columns);
    rows += std::max(1, (width + columns - 1) / columns);
  }
  return rows;
}

}  // namespace sluice::client
