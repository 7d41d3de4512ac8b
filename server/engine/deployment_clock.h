// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The time of one deployment: what the wall clock said when it began, and what has passed since on
// the clock that nobody sets. So its record keeps its order, its durations and what is left of its
// wait when the wall clock jumps. Made by the manager for each job; used by everything that writes
// a time into the record.

#ifndef SLUICE_ENGINE_DEPLOYMENT_CLOCK_H_
#define SLUICE_ENGINE_DEPLOYMENT_CLOCK_H_

#include <memory>
#include <string>

#include "absl/time/time.h"
#include "base/clock.h"
#include "sluice/v1/deployment.pb.h"

namespace sluice {

// Thread-safe, as the clock that it stands on and that must outlive it.
class DeploymentClock final : public Clock {
 public:
  // Goes on from what `state` says: exactly, as long as the machine has not started anew; after
  // that with the wall clock, but not before the last time in the record.
  DeploymentClock(Clock& clock, const v1::DeploymentState& state);

  absl::Time Now() const override { return zero_ + clock_.Monotonic(); }
  absl::Duration Monotonic() const override { return clock_.Monotonic(); }
  std::string Boot() const override { return clock_.Boot(); }
  void WaitUntil(Mutex& mutex, CondVar& condition, absl::Duration deadline) override
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    clock_.WaitUntil(mutex, condition, deadline);
  }
  void Yield() override { clock_.Yield(); }
  std::shared_ptr<ScheduledThread> Adopt(const std::string& name) override {
    return clock_.Adopt(name);
  }

  // Writes down what the next start of the daemon needs to go on.
  void RecordBase(v1::DeploymentState& state) const;

 private:
  Clock& clock_;
  const absl::Time zero_;  // when Monotonic() was 0
};

}  // namespace sluice

#endif  // SLUICE_ENGINE_DEPLOYMENT_CLOCK_H_
