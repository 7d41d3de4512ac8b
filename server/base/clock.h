// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Time, injected: the wall clock for people, a monotonic one for intervals, and the only way to
// wait. RealClock in the daemon; tests have a FakeClock, and one that schedules threads itself, to
// which Thread::Start gives them.

#ifndef SLUICE_BASE_CLOCK_H_
#define SLUICE_BASE_CLOCK_H_

#include <memory>
#include <stop_token>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "base/mutex.h"

namespace sluice {

// A thread as a clock sees it that schedules threads itself. Only one of those runs at a time.
class ScheduledThread {
 public:
  virtual ~ScheduledThread() = default;

  // On the thread, before its body: waits for its first turn.
  virtual void Begin() = 0;
  // On the thread, after its body: gives its last turn away.
  virtual void End() = 0;
  // On another scheduled thread, which holds no lock unless the end has come: waits for it.
  virtual void AwaitEnd() = 0;
};

// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;

  // Wall time, for timestamps that people read. May jump.
  virtual absl::Time Now() const = 0;

  // Time since an arbitrary origin, for intervals. Never goes back; counts while the machine runs.
  virtual absl::Duration Monotonic() const = 0;

  // Names the origin of Monotonic(): whoever finds the same name, in another process too, may
  // compare times. It changes when the machine starts anew; empty when it is not known.
  virtual std::string Boot() const = 0;

  // Waits on `condition` (as CondVar::Wait, may end without a reason) but no longer than until
  // Monotonic() reaches `deadline`; absl::InfiniteDuration() waits for a notification alone.
  virtual void WaitUntil(Mutex& mutex, CondVar& condition, absl::Duration deadline)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) = 0;

  // The calling thread holds no lock: a clock that schedules threads itself may run others first.
  virtual void Yield() {}

  // A thread is about to be started. Null: it is left to the system.
  virtual std::shared_ptr<ScheduledThread> Adopt(const std::string& /*name*/) { return nullptr; }
};

class RealClock final : public Clock {
 public:
  RealClock();

  absl::Time Now() const override;
  absl::Duration Monotonic() const override;
  std::string Boot() const override { return boot_; }
  void WaitUntil(Mutex& mutex, CondVar& condition, absl::Duration deadline) override
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);

 private:
  const std::string boot_;  // read once: a process does not live through a boot
};

// Waits for `duration`. Returns false when `stop` was requested before it was over.
bool SleepFor(Clock& clock, absl::Duration duration, const std::stop_token& stop);

}  // namespace sluice

#endif  // SLUICE_BASE_CLOCK_H_
