// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Whether a thread that waits for descriptors still goes round: it is asked to say so. Shared by
// the acceptor and the self-check.

#ifndef SLUICE_RPC_PULSE_H_
#define SLUICE_RPC_PULSE_H_

#include <cstdint>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "base/unique_fd.h"

namespace sluice {

// Thread-safe.
class Pulse {
 public:
  // The clock outlives it.
  explicit Pulse(Clock& clock);

  // For the thread: readable when it is asked; not ok() when there was no descriptor.
  const UniqueFd& fd() const { return fd_; }
  // The thread goes round.
  void Beat();
  // The thread ends, as it should.
  void End();

  // OK when the thread goes round within `timeout`, or has ended; else UNAVAILABLE. Blocks.
  absl::Status Await(absl::Duration timeout);

 private:
  Clock& clock_;
  const UniqueFd fd_;
  Mutex mutex_;
  CondVar beat_;
  int64_t asked_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t answered_ ABSL_GUARDED_BY(mutex_) = 0;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace sluice

#endif  // SLUICE_RPC_PULSE_H_
