// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "support/fake_clock.h"

#include <algorithm>
#include <thread>

#include "absl/strings/str_cat.h"

namespace sluice {

absl::Time FakeClock::Now() const {
  MutexLock lock(mutex_);
  return wall_origin_ + elapsed_;
}

absl::Duration FakeClock::Monotonic() const {
  MutexLock lock(mutex_);
  return elapsed_;
}

std::string FakeClock::Boot() const {
  MutexLock lock(mutex_);
  return absl::StrCat("boot-", boots_);
}

void FakeClock::SetWall(absl::Time now) {
  MutexLock lock(mutex_);
  wall_origin_ = now - elapsed_;
}

void FakeClock::Reboot() {
  MutexLock lock(mutex_);
  ++boots_;
}

void FakeClock::WaitUntil(Mutex& mutex, CondVar& condition, absl::Duration deadline) {
  Waiter self{&mutex, &condition, deadline};
  {
    MutexLock lock(mutex_);
    if (deadline <= elapsed_) return;
    waiters_.push_back(&self);
    waiter_came_.NotifyAll();
  }
  condition.Wait(mutex);
  // Without the caller's mutex, which Advance may be about to take.
  mutex.Unlock();
  {
    MutexLock lock(mutex_);
    while (self.pins > 0) waiter_is_free_.Wait(mutex_);
    waiters_.erase(std::find(waiters_.begin(), waiters_.end(), &self));
  }
  mutex.Lock();
}

void FakeClock::Advance(absl::Duration duration) {
  // A waiter holds its own mutex from its look at the time until it waits, so whoever takes that
  // mutex after the time has moved finds it waiting, or it has seen the new time.
  std::vector<Waiter*> due;
  {
    MutexLock lock(mutex_);
    elapsed_ += duration;
    for (Waiter* waiter : waiters_) {
      if (waiter->deadline > elapsed_) continue;
      ++waiter->pins;
      due.push_back(waiter);
    }
  }
  for (Waiter* waiter : due) {
    MutexLock lock(*waiter->mutex);
    waiter->condition->NotifyAll();
  }
  MutexLock lock(mutex_);
  for (Waiter* waiter : due) --waiter->pins;
  waiter_is_free_.NotifyAll();
}

void FakeClock::Yield() { std::this_thread::yield(); }

void FakeClock::AwaitTimedWait(absl::Duration left) {
  MutexLock lock(mutex_);
  const auto is_meant = [&](const Waiter* waiter) {
    mutex_.AssertHeld();
    return waiter->deadline == elapsed_ + left;
  };
  while (std::none_of(waiters_.begin(), waiters_.end(), is_meant)) waiter_came_.Wait(mutex_);
}

void FakeClock::AwaitUntimedWait() {
  MutexLock lock(mutex_);
  const auto is_untimed = [](const Waiter* waiter) {
    return waiter->deadline == absl::InfiniteDuration();
  };
  while (std::none_of(waiters_.begin(), waiters_.end(), is_untimed)) waiter_came_.Wait(mutex_);
}

void StepClock::WaitUntil(Mutex&, CondVar&, absl::Duration deadline) {
  if (deadline <= elapsed_) return;
  waits_.push_back(deadline - elapsed_);
  elapsed_ = deadline;
}

}  // namespace sluice
