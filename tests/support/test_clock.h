// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// What the clocks have in common with which a test drives threads: FakeClock leaves it to the
// system who runs when, SchedulerClock decides it.

#ifndef SLUICE_TESTS_SUPPORT_TEST_CLOCK_H_
#define SLUICE_TESTS_SUPPORT_TEST_CLOCK_H_

#include "absl/time/time.h"
#include "base/clock.h"

namespace sluice {

class TestClock : public Clock {
 public:
  // Moves the time, and wakes every wait whose deadline is reached.
  virtual void Advance(absl::Duration duration) = 0;
};

}  // namespace sluice

#endif  // SLUICE_TESTS_SUPPORT_TEST_CLOCK_H_
