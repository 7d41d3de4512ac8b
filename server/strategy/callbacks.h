// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The functions that a user of the strategy classes hands in, and the seam through which a strategy
// has its plan run. The strategies themselves do nothing: engine/inline_runner.h runs their plans.

#ifndef SLUICE_STRATEGY_CALLBACKS_H_
#define SLUICE_STRATEGY_CALLBACKS_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "sluice/v1/deployment.pb.h"

namespace sluice {

// Puts `version` on the target. An error, or an exception, is that target's failure.
using DeployFn = std::function<absl::Status(const v1::Target& target, const std::string& version)>;
// OK when the target is healthy.
using HealthCheckFn = std::function<absl::Status(const v1::Target& target)>;
// Sends all traffic to `version`.
using SwitchFn = std::function<absl::Status(const std::string& version)>;

// Any of them may be empty: that call then succeeds without being made.
struct Callbacks {
  DeployFn deploy;
  HealthCheckFn health_check;
  SwitchFn switch_traffic;
};

// Thread-safe.
class PlanRunner {
 public:
  virtual ~PlanRunner() = default;

  // Runs state.plan to its end in the calling thread, waiting where the plan waits, and returns the
  // state with targets, traffic, metadata, status and result filled in. Every failure is counted
  // and the others go on, unless a CheckSuccessRate or a switch stops the plan.
  virtual v1::DeploymentState Run(v1::DeploymentState state, const Callbacks& callbacks) = 0;
};

}  // namespace sluice

#endif  // SLUICE_STRATEGY_CALLBACKS_H_
