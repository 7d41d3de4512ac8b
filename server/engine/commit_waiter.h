// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Lets one thread wait for the outcome of a commit that another announces. Used by the registry for
// its workers.

#ifndef SLUICE_ENGINE_COMMIT_WAITER_H_
#define SLUICE_ENGINE_COMMIT_WAITER_H_

#include <optional>

#include "absl/status/status.h"
#include "base/clock.h"
#include "base/mutex.h"

namespace sluice {

// Thread-safe. Shared between both threads: neither knows that the other has left it.
class CommitWaiter {
 public:
  explicit CommitWaiter(Clock& clock) : clock_(clock) {}

  void Finish(const absl::Status& status) {
    MutexLock lock(mutex_);
    outcome_ = status;
    finished_.NotifyAll();
  }

  absl::Status Await() {
    MutexLock lock(mutex_);
    while (!outcome_.has_value()) clock_.WaitUntil(mutex_, finished_, absl::InfiniteDuration());
    return *outcome_;
  }

 private:
  Clock& clock_;
  Mutex mutex_;
  CondVar finished_;
  std::optional<absl::Status> outcome_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice

#endif  // SLUICE_ENGINE_COMMIT_WAITER_H_
