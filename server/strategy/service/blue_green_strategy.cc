// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "strategy/service/blue_green_strategy.h"

#include "strategy/defaults.h"
#include "strategy/steps.h"

namespace sluice {

BlueGreenStrategy::BlueGreenStrategy(const v1::BlueGreenStrategy& options, PlanRunner* runner)
    : ServiceStrategy(runner), options_(WithDefaults(options)) {}

v1::Plan BlueGreenStrategy::PlanExecute(const std::string&, const std::string& version) const {
  v1::Plan plan;
  plan.set_version(version);
  AddSetTraffic(plan, 0);
  if (options_.manual_promotion()) AddGate(plan, "switch the traffic?");
  AddSwitchTraffic(plan, "green");
  return plan;
}

v1::Plan BlueGreenStrategy::PlanRollback(const v1::DeploymentState& state) const {
  v1::Plan plan;
  plan.set_version(state.previous_version());
  AddSwitchTraffic(plan, "blue");
  return plan;
}

}  // namespace sluice
