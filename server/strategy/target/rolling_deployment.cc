// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "strategy/target/rolling_deployment.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "strategy/defaults.h"
#include "strategy/steps.h"

namespace sluice {

RollingDeployment::RollingDeployment(const v1::RollingDeployment& options, PlanRunner* runner,
                                     HealthCheckFn health_check)
    : DeploymentStrategy(runner, {.health_check = std::move(health_check)}),
      options_(WithDefaults(options)) {}

v1::Plan RollingDeployment::PlanDeploy(const Targets& targets, const std::string& version) const {
  v1::Plan plan;
  plan.set_version(version);
  const size_t batch_size = static_cast<size_t>(options_.batch_size());
  const size_t batches = (targets.size() + batch_size - 1) / batch_size;
  for (size_t batch = 0; batch < batches; ++batch) {
    if (batch > 0) AddWait(plan, options_.delay_seconds());
    auto& step = AddDeployTargets(plan, absl::StrCat("batch ", batch + 1, " of ", batches));
    const size_t end = std::min(targets.size(), (batch + 1) * batch_size);
    for (size_t i = batch * batch_size; i < end; ++i) step.add_target_ids(targets[i].id());
  }
  return plan;
}

v1::Plan RollingDeployment::PlanRollback(const Targets& targets,
                                         const std::string& previous_version) const {
  return PlanDeploy(targets, previous_version);
}

}  // namespace sluice
