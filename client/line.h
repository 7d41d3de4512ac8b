// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// One line of output: pieces of text with a meaning, coloured and cut to a width only when it is
// printed. Used by every view. Not thread-safe.

#ifndef SLUICE_CLIENT_LINE_H_
#define SLUICE_CLIENT_LINE_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace sluice::client {

enum class Style { kPlain, kBold, kDim, kGood, kBad, kWarning, kActive };

struct Span {
  std::string text;
  Style style = Style::kPlain;
};

class Line {
 public:
  Line() = default;
  explicit Line(absl::string_view text, Style style = Style::kPlain) { Add(text, style); }

  // Makes `text` printable first.
  Line& Add(absl::string_view text, Style style = Style::kPlain);
  Line& Add(const Span& span) { return Add(span.text, span.style); }
  Line& Add(const Line& line);
  // Blanks up to `column`.
  Line& PadTo(int column);

  int Width() const;
  // At most `width` columns of it, with "…" at the end when something was left out.
  Line CutTo(int width) const;
  // At most `width` columns; 0 means no limit. No line end.
  std::string ToText(int width, bool colour) const;

 private:
  std::vector<Span> spans_;
};

// The lines, each cut to `width` and ended by a newline.
std::string ToText(const std::vector<Line>& lines, int width, bool colour);

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_LINE_H_
