// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "strategy/target/canary_deployment.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "strategy/defaults.h"
#include "strategy/steps.h"
#include "strategy/target/rolling_deployment.h"

namespace sluice {

CanaryDeployment::CanaryDeployment(const v1::CanaryDeployment& options, PlanRunner* runner,
                                   HealthCheckFn health_check)
    : DeploymentStrategy(runner, {.health_check = std::move(health_check)}),
      options_(WithDefaults(options)) {}

v1::Plan CanaryDeployment::PlanDeploy(const Targets&, const std::string& version) const {
  v1::Plan plan;
  plan.set_version(version);
  for (int i = 0; i < options_.stages_size(); ++i) {
    const double stage = options_.stages(i);
    auto& step = AddDeployTargets(plan, absl::StrCat("stage ", PercentText(stage)));
    step.set_up_to_percentage(stage);
    step.set_max_concurrent(options_.max_concurrent());
    step.set_failures_are_judged_later(true);
    AddCheckSuccessRate(plan, options_.success_threshold(), stage);
    if (i + 1 == options_.stages_size()) break;
    if (options_.manual_promotion()) {
      AddGate(plan, absl::StrCat("promote to ", PercentText(options_.stages(i + 1)), "?"));
    } else {
      AddWait(plan, options_.stage_duration_seconds());
    }
  }
  return plan;
}

v1::Plan CanaryDeployment::PlanRollback(const Targets& targets,
                                        const std::string& previous_version) const {
  v1::RollingDeployment rolling;
  rolling.set_batch_size(5);
  v1::Plan plan = RollingDeployment(rolling).PlanRollback(targets, previous_version);
  for (v1::Step& step : *plan.mutable_steps()) {
    if (step.has_deploy_targets()) step.mutable_deploy_targets()->set_skip_health_check(true);
  }
  return plan;
}

}  // namespace sluice
