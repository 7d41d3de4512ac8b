// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "strategy/service/canary_strategy.h"

#include "strategy/defaults.h"
#include "strategy/steps.h"

namespace sluice {

CanaryStrategy::CanaryStrategy(const v1::CanaryStrategy& options, PlanRunner* runner)
    : ServiceStrategy(runner), options_(WithDefaults(options)) {}

v1::Plan CanaryStrategy::PlanExecute(const std::string&, const std::string& version) const {
  v1::Plan plan;
  plan.set_version(version);
  for (int i = 0; i < options_.max_steps(); ++i) {
    const double share = options_.initial_percentage() + i * options_.step();
    if (share >= 100) break;
    AddSetTraffic(plan, share);
    if (options_.manual_promotion()) {
      AddGate(plan, "send more traffic?");
    } else {
      AddWait(plan, options_.step_duration_seconds());
    }
  }
  AddSetTraffic(plan, 100);
  return plan;
}

v1::Plan CanaryStrategy::PlanRollback(const v1::DeploymentState& state) const {
  v1::Plan plan;
  plan.set_version(state.previous_version());
  AddSetTraffic(plan, 0);
  return plan;
}

}  // namespace sluice
