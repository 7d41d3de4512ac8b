// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "client/line.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "client/text.h"

namespace sluice::client {
namespace {

const char* Escape(Style style) {
  switch (style) {
    case Style::kPlain:
      return "";
    case Style::kBold:
      return "\x1b[1m";
    case Style::kDim:
      return "\x1b[2m";
    case Style::kGood:
      return "\x1b[32m";
    case Style::kBad:
      return "\x1b[31m";
    case Style::kWarning:
      return "\x1b[33m";
    case Style::kActive:
      return "\x1b[36m";
  }
  return "";
}

std::string Coloured(const std::string& text, Style style) {
  if (style == Style::kPlain || text.empty()) return text;
  return absl::StrCat(Escape(style), text, "\x1b[0m");
}

}  // namespace

Line& Line::Add(absl::string_view text, Style style) {
  spans_.push_back({Printable(text), style});
  return *this;
}

Line& Line::Add(const Line& line) {
  spans_.insert(spans_.end(), line.spans_.begin(), line.spans_.end());
  return *this;
}

Line& Line::PadTo(int column) {
  const int missing = column - Width();
  if (missing > 0) spans_.push_back({std::string(static_cast<size_t>(missing), ' ')});
  return *this;
}

int Line::Width() const {
  int width = 0;
  for (const Span& span : spans_) width += DisplayWidth(span.text);
  return width;
}

Line Line::CutTo(int width) const {
  if (Width() <= width) return *this;
  int left = width - 1;
  Line line;
  for (const Span& span : spans_) {
    const int columns = DisplayWidth(span.text);
    // One column more than is left: the cut's own "…" goes there.
    const bool ends = columns > left;
    // With a "…" of its own where the piece would just fill it: more pieces would have followed.
    line.spans_.push_back({ends ? CutToWidth(span.text + "…", left + 1) : span.text, span.style});
    if (ends) break;
    left -= columns;
  }
  return line;
}

std::string Line::ToText(int width, bool colour) const {
  const Line shown = width > 0 ? CutTo(width) : *this;
  std::string text;
  for (const Span& span : shown.spans_) {
    absl::StrAppend(&text, colour ? Coloured(span.text, span.style) : span.text);
  }
  return text;
}

std::string ToText(const std::vector<Line>& lines, int width, bool colour) {
  std::string text;
  for (const Line& line : lines) absl::StrAppend(&text, line.ToText(width, colour), "\n");
  return text;
}

}  // namespace sluice::client
