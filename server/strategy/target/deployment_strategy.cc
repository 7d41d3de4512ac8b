// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "strategy/target/deployment_strategy.h"

#include <utility>

namespace sluice {

DeploymentStrategy::DeploymentStrategy(PlanRunner* runner, Callbacks callbacks)
    : runner_(runner), callbacks_(std::move(callbacks)) {}

v1::DeploymentResult DeploymentStrategy::Deploy(Targets& targets, const std::string& version,
                                                const DeployFn& deploy_fn) const {
  v1::DeploymentState state;
  state.set_phase(v1::PHASE_DEPLOYING);
  state.set_version(version);
  *state.mutable_plan() = PlanDeploy(targets, version);
  return Run(targets, std::move(state), deploy_fn);
}

v1::DeploymentResult DeploymentStrategy::Rollback(Targets& targets,
                                                  const std::string& previous_version,
                                                  const DeployFn& deploy_fn) const {
  v1::DeploymentState state;
  state.set_phase(v1::PHASE_ROLLING_BACK);
  state.set_previous_version(previous_version);
  *state.mutable_plan() = PlanRollback(targets, previous_version);
  v1::DeploymentResult result = Run(targets, std::move(state), deploy_fn);
  AdjustRollbackResult(targets, result);
  return result;
}

v1::DeploymentResult DeploymentStrategy::Run(Targets& targets, v1::DeploymentState state,
                                             const DeployFn& deploy_fn) const {
  state.set_strategy(Name());
  for (const v1::Target& target : targets) *state.add_targets()->mutable_target() = target;
  for (const auto& [key, value] : InitialMetadata()) (*state.mutable_metadata())[key] = value;
  Callbacks callbacks = callbacks_;
  callbacks.deploy = deploy_fn;
  const v1::DeploymentState end = runner_->Run(std::move(state), callbacks);
  for (size_t i = 0; i < targets.size(); ++i) {
    targets[i] = end.targets(static_cast<int>(i)).target();
  }
  v1::DeploymentResult result = end.result();
  *result.mutable_metadata() = end.metadata();
  return result;
}

}  // namespace sluice
