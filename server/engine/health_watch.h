// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Decides whether a target became healthy and stayed so, by a HealthPolicy. Called from target
// threads.

#ifndef SLUICE_ENGINE_HEALTH_WATCH_H_
#define SLUICE_ENGINE_HEALTH_WATCH_H_

#include <functional>
#include <stop_token>
#include <string>

#include "absl/status/status.h"
#include "base/clock.h"
#include "ports/health_check.h"

namespace sluice {

// What came of it, and the last answer in the check's own words.
struct HealthVerdict {
  absl::Status status;
  std::string last_answer;
};

// Asks until the policy is met. FAILED_PRECONDITION with the check's own words when the target was
// healthy and failed, DEADLINE_EXCEEDED when it did not become healthy in time, CANCELLED.
// `on_answer` is called with an answer that is not the last, when it is another than the one
// before: a target may answer the same a thousand times.
HealthVerdict AwaitHealthy(HealthCheck& check, const HealthPolicy& policy, const TargetCall& call,
                           Clock& clock, const std::stop_token& stop,
                           const std::function<void(const std::string&)>& on_answer);

}  // namespace sluice

#endif  // SLUICE_ENGINE_HEALTH_WATCH_H_
