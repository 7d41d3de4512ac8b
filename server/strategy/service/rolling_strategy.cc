// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "strategy/service/rolling_strategy.h"

#include "strategy/defaults.h"
#include "strategy/steps.h"

namespace sluice {

RollingStrategy::RollingStrategy(const v1::RollingStrategy& options, PlanRunner* runner)
    : ServiceStrategy(runner), options_(WithDefaults(options)) {}

v1::Plan RollingStrategy::PlanExecute(const std::string&, const std::string& version) const {
  v1::Plan plan;
  plan.set_version(version);
  const int count = options_.batch_count();
  for (int i = 1; i <= count; ++i) {
    AddSetTraffic(plan, static_cast<double>(i) / count * 100);
    AddWait(plan, options_.pause_seconds());
  }
  return plan;
}

v1::Plan RollingStrategy::PlanRollback(const v1::DeploymentState& state) const {
  v1::Plan plan;
  plan.set_version(state.previous_version());
  AddSetTraffic(plan, 0);
  return plan;
}

}  // namespace sluice
