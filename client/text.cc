// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "client/text.h"

#include <cstddef>
#include <cstdint>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace sluice::client {
namespace {

constexpr size_t kShortIdLength = 8;

struct CodePoint {
  char32_t value = 0;
  size_t bytes = 1;
  bool valid = false;
};

size_t SequenceLength(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead < 0xE0) return 2;
  if (lead >= 0xE0 && lead < 0xF0) return 3;
  if (lead >= 0xF0 && lead < 0xF5) return 4;
  return 0;
}

bool IsScalarValue(char32_t value, size_t bytes) {
  constexpr char32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  return value >= kSmallest[bytes] && value <= 0x10FFFF && (value < 0xD800 || value > 0xDFFF);
}

CodePoint Decode(absl::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const size_t length = SequenceLength(lead);
  if (length == 0 || length > text.size()) return {};
  char32_t value = length == 1 ? lead : lead & (0x7F >> length);
  for (size_t i = 1; i < length; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xC0) != 0x80) return {};
    value = (value << 6) | (next & 0x3F);
  }
  if (!IsScalarValue(value, length)) return {};
  return {value, length, true};
}

bool IsIn(char32_t value, std::pair<char32_t, char32_t> range) {
  return value >= range.first && value <= range.second;
}

int Columns(char32_t value) {
  constexpr std::pair<char32_t, char32_t> kNone[] = {
      {0x300, 0x36F}, {0x200B, 0x200F}, {0x202A, 0x202E}, {0x2066, 0x2069}, {0xFE00, 0xFE0F}};
  constexpr std::pair<char32_t, char32_t> kTwo[] = {
      {0x1100, 0x115F}, {0x2E80, 0xA4CF},   {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},  {0xFE30, 0xFE6F},
      {0xFF00, 0xFF60}, {0x1F300, 0x1F64F}, {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD}};
  for (const auto& range : kNone) {
    if (IsIn(value, range)) return 0;
  }
  for (const auto& range : kTwo) {
    if (IsIn(value, range)) return 2;
  }
  return 1;
}

// Text of the other direction could make a line read as something else.
bool IsControl(char32_t value) {
  return value < 0x20 || IsIn(value, {0x7F, 0x9F}) || IsIn(value, {0x202A, 0x202E}) ||
         IsIn(value, {0x2066, 0x2069});
}

// Length of the escape sequence that `text` begins with: ESC [ … letter, or ESC and one character.
size_t EscapeLength(absl::string_view text) {
  if (text.size() < 2 || text[1] != '[') return text.size() < 2 ? 1 : 2;
  size_t end = 2;
  while (end < text.size() && !(text[end] >= 0x40 && text[end] <= 0x7E)) ++end;
  return end < text.size() ? end + 1 : end;
}

}  // namespace

int DisplayWidth(absl::string_view text) {
  int width = 0;
  while (!text.empty()) {
    const CodePoint point = Decode(text);
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
    const CodePoint point = Decode(text);
    used += point.valid ? Columns(point.value) : 1;
    if (used > width) break;
    absl::StrAppend(&cut, text.substr(0, point.bytes));
    text.remove_prefix(point.bytes);
  }
  return absl::StrCat(cut, "…");
}

std::string Printable(absl::string_view text) {
  std::string printable;
  while (!text.empty()) {
    const CodePoint point = Decode(text);
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
