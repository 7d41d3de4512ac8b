// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Clocks for tests. FakeClock moves when the test says so; StepClock belongs to one thread and
// jumps over every wait, noting how long it was.

#ifndef SLUICE_TESTS_SUPPORT_FAKE_CLOCK_H_
#define SLUICE_TESTS_SUPPORT_FAKE_CLOCK_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "support/test_clock.h"

namespace sluice {

// Thread-safe.
class FakeClock final : public TestClock {
 public:
  absl::Time Now() const override;
  absl::Duration Monotonic() const override;
  std::string Boot() const override;
  void WaitUntil(Mutex& mutex, CondVar& condition, absl::Duration deadline) override
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);

  void Advance(absl::Duration duration) override;
  void Yield() override;
  // The wall clock is set; nothing else moves.
  void SetWall(absl::Time now);
  void JumpWall(absl::Duration by) { SetWall(Now() + by); }
  // What was measured before can no longer be compared.
  void Reboot();
  // Blocks until a wait that ends in just so long is under way.
  void AwaitTimedWait(absl::Duration left);
  // Blocks until a wait without a deadline is under way.
  void AwaitUntimedWait();

 private:
  struct Waiter {
    Mutex* mutex;
    CondVar* condition;
    absl::Duration deadline;
    // Advance is about to wake it: mutex and condition must stay until that is done.
    int pins = 0;
  };

  mutable Mutex mutex_;
  CondVar waiter_came_;
  CondVar waiter_is_free_;
  absl::Duration elapsed_ ABSL_GUARDED_BY(mutex_) = absl::Hours(1);
  absl::Time wall_origin_ ABSL_GUARDED_BY(mutex_) = absl::FromUnixSeconds(1'800'000'000);
  int boots_ ABSL_GUARDED_BY(mutex_) = 1;
  std::vector<Waiter*> waiters_ ABSL_GUARDED_BY(mutex_);
};

// For one thread.
class StepClock final : public Clock {
 public:
  absl::Time Now() const override { return absl::UnixEpoch() + elapsed_; }
  absl::Duration Monotonic() const override { return elapsed_; }
  std::string Boot() const override { return ""; }
  void WaitUntil(Mutex& mutex, CondVar& condition, absl::Duration deadline) override
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);

  // Every wait so far, in order.
  const std::vector<absl::Duration>& waits() const { return waits_; }

 private:
  absl::Duration elapsed_;
  std::vector<absl::Duration> waits_;
};

}  // namespace sluice

#endif  // SLUICE_TESTS_SUPPORT_FAKE_CLOCK_H_
