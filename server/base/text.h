// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Text that comes from outside (what commands print, what servers answer), made fit for records and
// messages: valid UTF-8 and bounded. Used by the drivers, by what checks and quotes input, and by
// the command line. HeadAndTail is not thread-safe; all else is pure.

#ifndef SLUICE_BASE_TEXT_H_
#define SLUICE_BASE_TEXT_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace sluice {

struct CodePoint {
  char32_t value = 0;
  size_t bytes = 1;
  bool valid = false;  // else it is one byte that begins no valid sequence
};

// What `text`, which is not empty, begins with.
CodePoint DecodeUtf8(absl::string_view text);

// `text` with every byte that is not part of valid UTF-8, and every NUL, replaced by '?'. The
// length stays the same, so a bound on the input is a bound on the result.
std::string ToValidUtf8(absl::string_view text);

// The last line of `text` that is not blank, without surrounding blanks, cut to a readable length.
std::string LastLine(absl::string_view text);

// Keeps the beginning and the end of a text of any length, in constant memory.
class HeadAndTail {
 public:
  static constexpr size_t kDefaultBytes = 16 * 1024;

  explicit HeadAndTail(size_t head_bytes = kDefaultBytes, size_t tail_bytes = kDefaultBytes)
      : head_bytes_(head_bytes), tail_bytes_(tail_bytes) {}

  void Append(absl::string_view text);

  // What was kept, byte for byte, with a line in the middle that says how much was left out.
  std::string Bytes() const;
  // The same as valid UTF-8.
  std::string Text() const { return ToValidUtf8(Bytes()); }

 private:
  size_t head_bytes_;
  size_t tail_bytes_;
  size_t total_bytes_ = 0;
  std::string head_;
  std::string tail_;  // up to twice tail_bytes_, so that it is seldom shortened
};

// HeadAndTail of the whole `text`, for what is in memory already.
std::string Bounded(absl::string_view text);

}  // namespace sluice

#endif  // SLUICE_BASE_TEXT_H_
