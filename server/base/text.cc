// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "base/text.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace sluice {
namespace {

constexpr size_t kMaxLastLineBytes = 200;

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// What the first byte says: how long the sequence is, and its bits of the code point. Length 0: no
// sequence begins so.
struct Lead {
  size_t length;
  char32_t bits;
};

Lead ReadLead(unsigned char byte) {
  if (byte < 0x80) return {1, byte};
  if (byte >= 0xC2 && byte < 0xE0) return {2, byte & 0x1Fu};
  if (byte >= 0xE0 && byte < 0xF0) return {3, byte & 0x0Fu};
  if (byte >= 0xF0 && byte < 0xF5) return {4, byte & 0x07u};
  return {0, 0};
}

// Refuses overlong forms, surrogates, and what lies above Unicode.
bool IsCodePointOfLength(char32_t code_point, size_t length) {
  if (length == 3) return code_point >= 0x800 && (code_point < 0xD800 || code_point > 0xDFFF);
  if (length == 4) return code_point >= 0x10000 && code_point <= 0x10FFFF;
  return true;
}

}  // namespace

CodePoint DecodeUtf8(absl::string_view text) {
  const Lead lead = ReadLead(static_cast<unsigned char>(text[0]));
  if (lead.length == 0 || lead.length > text.size()) return {};
  char32_t value = lead.bits;
  for (char c : text.substr(1, lead.length - 1)) {
    if (!IsContinuation(c)) return {};
    value = value << 6 | (static_cast<unsigned char>(c) & 0x3Fu);
  }
  if (!IsCodePointOfLength(value, lead.length)) return {};
  return {value, lead.length, true};
}

std::string ToValidUtf8(absl::string_view text) {
  std::string valid;
  valid.reserve(text.size());
  while (!text.empty()) {
    const CodePoint point = DecodeUtf8(text);
    const bool kept = point.valid && point.value != 0;
    absl::StrAppend(&valid, kept ? text.substr(0, point.bytes) : absl::string_view("?"));
    text.remove_prefix(point.bytes);
  }
  return valid;
}

std::string LastLine(absl::string_view text) {
  text = absl::StripTrailingAsciiWhitespace(text);
  const size_t newline = text.find_last_of("\r\n");
  if (newline != absl::string_view::npos) text.remove_prefix(newline + 1);
  text = absl::StripLeadingAsciiWhitespace(text);
  if (text.size() <= kMaxLastLineBytes) return ToValidUtf8(text);
  size_t end = kMaxLastLineBytes;
  while (end > 0 && IsContinuation(text[end])) --end;
  return absl::StrCat(ToValidUtf8(text.substr(0, end)), "…");
}

void HeadAndTail::Append(absl::string_view text) {
  total_bytes_ += text.size();
  const size_t into_head = std::min(text.size(), head_bytes_ - head_.size());
  absl::StrAppend(&head_, text.substr(0, into_head));
  text.remove_prefix(into_head);
  if (text.size() > tail_bytes_) text.remove_prefix(text.size() - tail_bytes_);
  absl::StrAppend(&tail_, text);
  if (tail_.size() > 2 * tail_bytes_) tail_.erase(0, tail_.size() - tail_bytes_);
}

std::string HeadAndTail::Bytes() const {
  const size_t kept_tail = std::min(tail_.size(), tail_bytes_);
  const absl::string_view tail = absl::string_view(tail_).substr(tail_.size() - kept_tail);
  const size_t left_out = total_bytes_ - head_.size() - kept_tail;
  if (left_out == 0) return absl::StrCat(head_, tail);
  return absl::StrCat(head_, "\n[", left_out, " bytes left out]\n", tail);
}

std::string Bounded(absl::string_view text) {
  HeadAndTail kept;
  kept.Append(text);
  return kept.Text();
}

}  // namespace sluice
