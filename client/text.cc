// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "client/text.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/text.h"

namespace sluice::client {
namespace {

bool IsIn(char32_t value, std::pair<char32_t, char32_t> range) {
  return value >= range.first && value <= range.second;
}

constexpr std::pair<char32_t, char32_t> kNoColumn[] = {
    {0x300, 0x36F}, {0x200B, 0x200F}, {0x202A, 0x202E}, {0x2066, 0x2069}, {0xFE00, 0xFE0F}};

// East Asian Wide and Fullwidth of Unicode 15, the emoji among them; gaps that are narrow or not
// assigned are joined in the upper planes, where a column too many does no harm.
constexpr std::pair<char32_t, char32_t> kTwoColumns[] = {
    {0x1100, 0x115F},   {0x231A, 0x231B},   {0x2329, 0x232A},   {0x23E9, 0x23EC},
    {0x23F0, 0x23F0},   {0x23F3, 0x23F3},   {0x25FD, 0x25FE},   {0x2614, 0x2615},
    {0x2648, 0x2653},   {0x267F, 0x267F},   {0x2693, 0x2693},   {0x26A1, 0x26A1},
    {0x26AA, 0x26AB},   {0x26BD, 0x26BE},   {0x26C4, 0x26C5},   {0x26CE, 0x26CE},
    {0x26D4, 0x26D4},   {0x26EA, 0x26EA},   {0x26F2, 0x26F3},   {0x26F5, 0x26F5},
    {0x26FA, 0x26FA},   {0x26FD, 0x26FD},   {0x2705, 0x2705},   {0x270A, 0x270B},
    {0x2728, 0x2728},   {0x274C, 0x274C},   {0x274E, 0x274E},   {0x2753, 0x2755},
    {0x2757, 0x2757},   {0x2795, 0x2797},   {0x27B0, 0x27B0},   {0x27BF, 0x27BF},
    {0x2B1B, 0x2B1C},   {0x2B50, 0x2B50},   {0x2B55, 0x2B55},   {0x2E80, 0x303E},
    {0x3041, 0xA4CF},   {0xA960, 0xA97C},   {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},
    {0xFE10, 0xFE19},   {0xFE30, 0xFE6F},   {0xFF01, 0xFF60},   {0xFFE0, 0xFFE6},
    {0x16FE0, 0x18DFF}, {0x1AFF0, 0x1B2FB}, {0x1F004, 0x1F004}, {0x1F0CF, 0x1F0CF},
    {0x1F18E, 0x1F18E}, {0x1F191, 0x1F19A}, {0x1F200, 0x1F64F}, {0x1F680, 0x1F6FF},
    {0x1F7E0, 0x1F7F0}, {0x1F900, 0x1F9FF}, {0x1FA70, 0x1FAFF}, {0x20000, 0x3FFFD}};

template <size_t kSize>
bool IsInAny(char32_t value, const std::pair<char32_t, char32_t> (&ranges)[kSize]) {
  return std::any_of(std::begin(ranges), std::end(ranges),
                     [value](const auto& range) { return IsIn(value, range); });
}

int Columns(char32_t value) {
  if (IsInAny(value, kNoColumn)) return 0;
  return IsInAny(value, kTwoColumns) ? 2 : 1;
}

// Text of the other direction could make a line read as something else.
bool IsControl(char32_t value) {
  return value < 0x20 || IsIn(value, {0x7F, 0x9F}) || IsIn(value, {0x202A, 0x202E}) ||
         IsIn(value, {0x2066, 0x2069});
}

// What begins a control string (a title, a link …).
constexpr size_t kIntroducerLength = 2;

// Length of the control string that `text` begins with: up to ESC \ (or BEL). One without an end is
// only its introducer, so that nothing is lost that somebody should read.
size_t ControlStringLength(absl::string_view text, bool bell_ends) {
  for (size_t i = kIntroducerLength; i < text.size(); ++i) {
    if (bell_ends && text[i] == '\a') return i + 1;
    if (text[i] == '\x1b' && i + 1 < text.size() && text[i + 1] == '\\') return i + 2;
  }
  return kIntroducerLength;
}

// Length of the escape sequence that `text` begins with.
size_t EscapeLength(absl::string_view text) {
  if (text.size() < 2) return 1;
  if (text[1] == ']') return ControlStringLength(text, /*bell_ends=*/true);
  if (absl::string_view("PX^_").find(text[1]) != absl::string_view::npos) {
    return ControlStringLength(text, /*bell_ends=*/false);
  }
  // ESC [ … and one of @ to ~; or ESC, perhaps some of blank to /, and one character.
  const bool is_csi = text[1] == '[';
  const char first_final = is_csi ? '@' : '0';
  size_t end = is_csi ? 2 : 1;
  while (end < text.size() && text[end] >= ' ' && text[end] < first_final) ++end;
  return end < text.size() && text[end] >= first_final && text[end] <= '~' ? end + 1 : end;
}

// How many bytes of a text that is wider than `width` go on its first line: up to a blank if there
// is one, and at least one character.
size_t LineEnd(absl::string_view text, int width) {
  size_t end = 0;
  size_t blank = 0;
  int used = 0;
  while (end < text.size()) {
    const CodePoint point = DecodeUtf8(text.substr(end));
    used += point.valid ? Columns(point.value) : 1;
    if (text[end] == ' ') blank = end;
    if (used > width) break;
    end += point.bytes;
  }
  if (blank > 0) return blank;
  return std::max(end, DecodeUtf8(text).bytes);
}

}  // namespace

int DisplayWidth(absl::string_view text) {
  int width = 0;
  while (!text.empty()) {
    const CodePoint point = DecodeUtf8(text);
    width += point.valid ? Columns(point.value) : 1;
    text.remove_prefix(point.bytes);
  }
  return width;
}

std::string CutToWidth(absl::string_view text, int width) {
  if (width <= 0) return "";
  if (DisplayWidth(text) <= width) return std::string(text);
  std::string cut;
  int used = 1;
  while (!text.empty()) {
    const CodePoint point = DecodeUtf8(text);
    used += point.valid ? Columns(point.value) : 1;
    if (used > width) break;
    absl::StrAppend(&cut, text.substr(0, point.bytes));
    text.remove_prefix(point.bytes);
  }
  return absl::StrCat(cut, "…");
}

std::vector<std::string> Wrap(absl::string_view text, int width, size_t most) {
  std::vector<std::string> lines;
  while (width > 0 && DisplayWidth(text) > width) {
    if (lines.size() + 1 == most) break;
    const size_t end = LineEnd(text, width);
    lines.emplace_back(absl::StripTrailingAsciiWhitespace(text.substr(0, end)));
    text = absl::StripLeadingAsciiWhitespace(text.substr(end));
  }
  if (lines.empty() || !text.empty()) {
    lines.push_back(width > 0 ? CutToWidth(text, width) : std::string(text));
  }
  return lines;
}

std::string Printable(absl::string_view text) {
  std::string printable;
  while (!text.empty()) {
    const CodePoint point = DecodeUtf8(text);
    size_t consumed = point.bytes;
    if (text[0] == '\x1b') {
      consumed = EscapeLength(text);
    } else if (absl::ascii_isspace(static_cast<unsigned char>(text[0]))) {
      if (printable.empty() || printable.back() != ' ' || text[0] == ' ') printable += ' ';
    } else if (!point.valid || IsControl(point.value)) {
      printable += '?';
    } else {
      absl::StrAppend(&printable, text.substr(0, point.bytes));
    }
    text.remove_prefix(consumed);
  }
  return printable;
}

std::string ShortId(const std::string& id) { return Printable(id.substr(0, kShortIdLength)); }

std::string Counted(size_t count, absl::string_view noun) {
  return absl::StrCat(count, " ", noun, count == 1 ? "" : "s");
}

}  // namespace sluice::client
