// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// A clock that stands still until one thread, which made it, moves it; and that tells this thread
// when all others have come to rest. For the fuzz target of operations: so what an input does does
// not depend on how its threads interleave.

#ifndef SLUICE_TESTS_FUZZ_REST_CLOCK_H_
#define SLUICE_TESTS_FUZZ_REST_CLOCK_H_

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "base/clock.h"
#include "base/mutex.h"

namespace sluice {

// Thread-safe; Advance and AwaitRest belong to the thread that made it.
class RestClock final : public Clock {
 public:
  // Until when each of the other threads that wait does so, on Monotonic(); InfiniteDuration()
  // where it has no deadline.
  using Deadlines = std::multiset<absl::Duration>;

  absl::Time Now() const override;
  absl::Duration Monotonic() const override;
  std::string Boot() const override { return "boot"; }
  void WaitUntil(Mutex& mutex, CondVar& condition, absl::Duration deadline) override
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);

  // Wakes every wait whose deadline is reached.
  void Advance(absl::Duration duration);
  // Blocks until `is_rest` holds, also after every thread has looked again at what it waits for:
  // one that was told to go on, and has not yet, does not rest.
  void AwaitRest(const std::function<bool(const Deadlines&)>& is_rest);

 private:
  struct Waiter {
    Mutex* mutex;
    CondVar* condition;
    absl::Duration deadline;
    std::thread::id thread;
    int pins = 0;  // Wake is about to use mutex and condition.
  };

  void Wake(const std::vector<Waiter*>& waiters);
  std::vector<Waiter*> Pin(const std::function<bool(const Waiter&)>& is_meant)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Deadlines DeadlinesNow() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // All who wait wait anew.
  void LetAllLook();

  const std::thread::id ruler_ = std::this_thread::get_id();

  mutable Mutex mutex_;
  CondVar waiter_came_;
  CondVar waiter_is_free_;
  absl::Duration elapsed_ ABSL_GUARDED_BY(mutex_) = absl::Hours(1);
  std::vector<Waiter*> waiters_ ABSL_GUARDED_BY(mutex_);
  int64_t waits_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<std::thread::id, int64_t> last_wait_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice

#endif  // SLUICE_TESTS_FUZZ_REST_CLOCK_H_
