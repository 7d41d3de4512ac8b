// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "strategy/service/service_strategy.h"

#include <utility>

namespace sluice {

v1::DeploymentState ServiceStrategy::Execute(const std::string& service,
                                             const std::string& version) const {
  v1::DeploymentState state;
  state.set_service(service);
  state.set_version(version);
  state.set_strategy(Name());
  state.set_phase(v1::PHASE_DEPLOYING);
  *state.mutable_plan() = PlanExecute(service, version);
  return runner_->Run(std::move(state), {});
}

v1::DeploymentState ServiceStrategy::Rollback(const v1::DeploymentState& state) const {
  v1::DeploymentState back = state;
  back.set_phase(v1::PHASE_ROLLING_BACK);
  back.set_current_step(0);
  *back.mutable_plan() = PlanRollback(state);
  return runner_->Run(std::move(back), {});
}

}  // namespace sluice
