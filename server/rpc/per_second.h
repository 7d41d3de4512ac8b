// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// So many of something in a second, and no more. Used by the gate.

#ifndef SLUICE_RPC_PER_SECOND_H_
#define SLUICE_RPC_PER_SECOND_H_

#include <cstdint>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "base/mutex.h"

namespace sluice {

// Thread-safe.
class PerSecond {
 public:
  explicit PerSecond(int most) : most_(most) {}

  // Whether there may be one more in the second of `now`, a monotonic time.
  bool Take(absl::Duration now) {
    MutexLock lock(mutex_);
    const int64_t second = absl::ToInt64Seconds(now);
    if (second != second_) taken_ = 0;
    second_ = second;
    if (taken_ < most_) return ++taken_ > 0;
    ++missed_;
    return false;
  }

  // How many there were too many since the last call.
  int64_t Missed() {
    MutexLock lock(mutex_);
    const int64_t missed = missed_;
    missed_ = 0;
    return missed;
  }

 private:
  const int most_;
  Mutex mutex_;
  int64_t second_ ABSL_GUARDED_BY(mutex_) = -1;
  int taken_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t missed_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace sluice

#endif  // SLUICE_RPC_PER_SECOND_H_
