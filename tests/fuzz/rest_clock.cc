// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "fuzz/rest_clock.h"

#include <algorithm>

namespace sluice {

absl::Time RestClock::Now() const { return absl::FromUnixSeconds(1'800'000'000) + Monotonic(); }

absl::Duration RestClock::Monotonic() const {
  MutexLock lock(mutex_);
  return elapsed_;
}

void RestClock::WaitUntil(Mutex& mutex, CondVar& condition, absl::Duration deadline) {
  Waiter self{&mutex, &condition, deadline, std::this_thread::get_id()};
  {
    MutexLock lock(mutex_);
    if (deadline <= elapsed_) return;
    waiters_.push_back(&self);
    last_wait_[self.thread] = ++waits_;
    waiter_came_.NotifyAll();
  }
  condition.Wait(mutex);
  // Without the caller's mutex, which Wake may be about to take.
  mutex.Unlock();
  {
    MutexLock lock(mutex_);
    while (self.pins > 0) waiter_is_free_.Wait(mutex_);
    waiters_.erase(std::find(waiters_.begin(), waiters_.end(), &self));
  }
  mutex.Lock();
}

void RestClock::Advance(absl::Duration duration) {
  std::vector<Waiter*> due;
  {
    MutexLock lock(mutex_);
    const absl::Duration now = elapsed_ += duration;
    due = Pin([now](const Waiter& waiter) { return waiter.deadline <= now; });
  }
  Wake(due);
}

void RestClock::AwaitRest(const std::function<bool(const Deadlines&)>& is_rest) {
  bool all_have_looked = false;
  while (true) {
    Deadlines deadlines;
    int64_t seen = 0;
    {
      MutexLock lock(mutex_);
      deadlines = DeadlinesNow();
      seen = waits_;
    }
    // Without the lock: whoever is asked locks others.
    if (is_rest(deadlines)) {
      if (all_have_looked) return;
      LetAllLook();
      all_have_looked = true;
      continue;
    }
    all_have_looked = false;
    MutexLock lock(mutex_);
    while (waits_ == seen) waiter_came_.Wait(mutex_);
  }
}

void RestClock::LetAllLook() {
  std::vector<Waiter*> looking;
  std::vector<std::thread::id> threads;
  int64_t before = 0;
  {
    MutexLock lock(mutex_);
    // Who is due is about to go.
    const absl::Duration now = elapsed_;
    looking =
        Pin([&](const Waiter& waiter) { return waiter.thread != ruler_ && waiter.deadline > now; });
    for (const Waiter* waiter : looking) threads.push_back(waiter->thread);
    before = waits_;
  }
  Wake(looking);
  MutexLock lock(mutex_);
  for (const std::thread::id thread : threads) {
    while (last_wait_[thread] <= before) waiter_came_.Wait(mutex_);
  }
}

std::vector<RestClock::Waiter*> RestClock::Pin(const std::function<bool(const Waiter&)>& is_meant) {
  std::vector<Waiter*> pinned;
  for (Waiter* waiter : waiters_) {
    if (!is_meant(*waiter)) continue;
    ++waiter->pins;
    pinned.push_back(waiter);
  }
  return pinned;
}

void RestClock::Wake(const std::vector<Waiter*>& waiters) {
  for (Waiter* waiter : waiters) {
    MutexLock lock(*waiter->mutex);
    waiter->condition->NotifyAll();
  }
  MutexLock lock(mutex_);
  for (Waiter* waiter : waiters) --waiter->pins;
  waiter_is_free_.NotifyAll();
}

RestClock::Deadlines RestClock::DeadlinesNow() const {
  Deadlines deadlines;
  for (const Waiter* waiter : waiters_) {
    if (waiter->thread != ruler_) deadlines.insert(waiter->deadline);
  }
  return deadlines;
}

}  // namespace sluice
