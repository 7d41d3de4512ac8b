// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// What a mistyped word was probably meant to be. Used for errors of the command line. Pure.

#ifndef SLUICE_CLIENT_NEAREST_H_
#define SLUICE_CLIENT_NEAREST_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace sluice::client {

// Letters to insert, remove, replace or swap with a neighbour to get from one to the other.
size_t EditDistance(absl::string_view from, absl::string_view to);

// The candidate that `word` begins, or the nearest one of which at most a third differs, at least
// one letter; empty when there is none. Of equally near ones the first.
std::string Nearest(absl::string_view word, const std::vector<std::string>& candidates);

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_NEAREST_H_
