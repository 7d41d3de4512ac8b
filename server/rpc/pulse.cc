// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "rpc/pulse.h"

#include <sys/eventfd.h>

namespace sluice {

Pulse::Pulse(Clock& clock) : clock_(clock), fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

void Pulse::Beat() {
  eventfd_t asked = 0;
  eventfd_read(fd_.get(), &asked);
  MutexLock lock(mutex_);
  answered_ = asked_;
  beat_.NotifyAll();
}

void Pulse::End() {
  MutexLock lock(mutex_);
  ended_ = true;
  beat_.NotifyAll();
}

absl::Status Pulse::Await(absl::Duration timeout) {
  const absl::Duration deadline = clock_.Monotonic() + timeout;
  MutexLock lock(mutex_);
  const int64_t ours = ++asked_;
  eventfd_write(fd_.get(), 1);
  while (!ended_ && answered_ < ours) {
    if (clock_.Monotonic() >= deadline) {
      return absl::UnavailableError("the thread that accepts connections does not go on");
    }
    clock_.WaitUntil(mutex_, beat_, deadline);
  }
  return absl::OkStatus();
}

}  // namespace sluice
