// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "strategy/target/blue_green_deployment.h"

#include <utility>

#include "strategy/defaults.h"
#include "strategy/steps.h"

namespace sluice {

BlueGreenDeployment::BlueGreenDeployment(const v1::BlueGreenDeployment& options, PlanRunner* runner,
                                         SwitchFn switch_fn, HealthCheckFn health_check)
    : DeploymentStrategy(runner, {.health_check = std::move(health_check),
                                  .switch_traffic = std::move(switch_fn)}),
      options_(WithDefaults(options)) {}

v1::Plan BlueGreenDeployment::PlanDeploy(const Targets& targets, const std::string& version) const {
  v1::Plan plan;
  plan.set_version(version);
  auto& deploy = AddDeployTargets(plan, "all targets");
  deploy.set_max_concurrent(options_.max_concurrent());
  for (const v1::Target& target : targets) deploy.add_target_ids(target.id());
  if (options_.manual_promotion()) AddGate(plan, "switch the traffic?");
  AddSwitchTraffic(plan, "green").set_record_only(targets.empty());
  return plan;
}

v1::Plan BlueGreenDeployment::PlanRollback(const Targets&,
                                           const std::string& previous_version) const {
  v1::Plan plan;
  plan.set_version(previous_version);
  AddSwitchTraffic(plan, "blue").set_failure_is_tolerated(true);
  return plan;
}

std::map<std::string, std::string> BlueGreenDeployment::InitialMetadata() const {
  return {{"active_slot", "blue"}};
}

void BlueGreenDeployment::AdjustRollbackResult(const Targets& targets,
                                               v1::DeploymentResult& result) const {
  result.set_success(true);
  result.set_state(v1::STATUS_ROLLED_BACK);
  result.set_targets_updated(static_cast<int>(targets.size()));
  result.set_targets_failed(0);
  result.set_duration_ms(0);
}

}  // namespace sluice
