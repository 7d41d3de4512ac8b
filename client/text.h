// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// What a terminal shows of a text: its width in columns, cut to a width, and without anything that
// could move the cursor (a target's own output is not trusted). Pure; any thread.

#ifndef SLUICE_CLIENT_TEXT_H_
#define SLUICE_CLIENT_TEXT_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace sluice::client {

// Columns that valid UTF-8 takes on a terminal.
int DisplayWidth(absl::string_view text);

// `text` in at most `width` columns, with "…" at the end when something was left out.
std::string CutToWidth(absl::string_view text, int width);

// `text` in lines of at most `width` columns (0: one line), broken at blanks where it can be. When
// there would be more than `most` lines (0: any number) the last one ends with "…".
std::vector<std::string> Wrap(absl::string_view text, int width, size_t most);

// `text` on one line: escape sequences dropped, white space turned into single blanks, other
// control characters and invalid UTF-8 into "?".
std::string Printable(absl::string_view text);

inline constexpr size_t kShortIdLength = 8;

// How the CLI prints a deployment's id: its first kShortIdLength characters.
std::string ShortId(const std::string& id);

// "1 target", "3 targets".
std::string Counted(size_t count, absl::string_view noun);

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_TEXT_H_
