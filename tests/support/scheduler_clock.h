// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// A clock that schedules threads itself: one runs at a time, until it waits, yields or ends, and
// who is next is drawn from a seed. So a whole run is a function of the seed, and is repeated
// exactly.
//
// The thread that makes the clock is scheduled too, and so is each that Thread::Start is given the
// clock for. None may hold a lock where it gives its turn away, but that of the wait itself.

#ifndef SLUICE_TESTS_SUPPORT_SCHEDULER_CLOCK_H_
#define SLUICE_TESTS_SUPPORT_SCHEDULER_CLOCK_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "support/test_clock.h"

namespace sluice {

// For the threads that it schedules. Everything in it belongs to the one that runs.
class SchedulerClock final : public TestClock {
 public:
  // Told who waits where, on some scheduled thread, when no thread can go on and none waits for a
  // time. The process ends when it returns.
  using OnDeadlock = std::function<void(const std::string& report)>;

  explicit SchedulerClock(uint64_t seed, OnDeadlock on_deadlock = nullptr);
  // All other threads have ended.
  ~SchedulerClock() override;

  absl::Time Now() const override;
  absl::Duration Monotonic() const override { return elapsed_; }
  std::string Boot() const override { return "boot"; }
  void WaitUntil(Mutex& mutex, CondVar& condition, absl::Duration deadline) override
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
  std::shared_ptr<ScheduledThread> Adopt(const std::string& name) override;

  // At once, so that others find that it is late; or from one deadline to the next, each when no
  // thread can move before it: as the seed has it.
  void Advance(absl::Duration duration) override;
  void Yield() override;

 private:
  class Turns;

  void CheckCaller(const char* act) const;
  // Gives the turn away, and comes back with the next one.
  void GiveTurn(Turns& self);
  // Hands the turn to `next`.
  void Run(Turns& next);
  // Whose turn it is. Moves the time when nothing else can move.
  Turns& Choose();
  Turns& Draw(const std::vector<Turns*>& ready);
  // Marks those that may go on.
  void Wake();
  void WakeNotified(Turns& waiter);
  // A wait may end without a reason.
  void WakeSomebody();
  // False when nobody waits for a time.
  bool MoveToNextDeadline();
  [[noreturn]] void ReportDeadlock();
  void SleepUntil(absl::Duration deadline);
  size_t Pick(size_t count);

  std::mt19937_64 random_;
  const OnDeadlock on_deadlock_;
  // Of so many yields one gives the turn away: in some runs each, in others few.
  const size_t yields_to_a_turn_;
  // In half of the runs: in the others nothing hides that a notification is missing.
  const bool has_spurious_wakes_;
  absl::Duration elapsed_ = absl::Hours(1);
  int last_number_ = 0;
  // In the order of their begin.
  std::vector<Turns*> threads_;
  const std::shared_ptr<Turns> maker_;
  Turns* running_;
  // While a deadlock is reported: who asks the others where they wait.
  Turns* reporter_ = nullptr;
  std::vector<std::string> report_;
};

}  // namespace sluice

#endif  // SLUICE_TESTS_SUPPORT_SCHEDULER_CLOCK_H_
