// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/call_workers.h"

#include <algorithm>

namespace sluice {

void CallWorkers::Launch(size_t count, const std::function<void()>& work) {
  // More than the pool has threads would only wait: each goes on with the next call.
  const size_t most = std::min(count, std::max<size_t>(pool_.max_threads(), 1));
  running_ += static_cast<int>(most);
  const size_t taken = pool_.SubmitCopies(
      most, [this, work] { Work(work); }, this);
  if (taken > 0) {
    running_ -= static_cast<int>(most - taken);
    return;
  }
  running_ -= static_cast<int>(most - 1);
  Work(work);
}

Interrupt CallWorkers::Await() {
  return control_.Await([this](Interrupt interrupt) {
    if (interrupt != Interrupt::kNone) {
      running_ -= static_cast<int>(pool_.Withdraw(this));
    }
    return running_ == 0;
  });
}

void CallWorkers::Work(const std::function<void()>& work) {
  work();
  // This may be gone as soon as nothing runs: its last use is the decrement.
  Control& control = control_;
  control.EndCall(running_);
}

}  // namespace sluice
