// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// A property that a fuzz target holds against every input.

#ifndef SLUICE_TESTS_FUZZ_REQUIRE_H_
#define SLUICE_TESTS_FUZZ_REQUIRE_H_

#include <cstdio>
#include <cstdlib>

namespace sluice {

// Ends the process, which the fuzzer takes for a find, unless the property holds.
inline void Require(bool holds, const char* property) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", property);
  std::abort();
}

}  // namespace sluice

#endif  // SLUICE_TESTS_FUZZ_REQUIRE_H_
