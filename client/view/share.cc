// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "client/view/share.h"

#include <algorithm>

#include "fmt/format.h"

namespace sluice::client {
namespace {

// The way back may move traffic where the way forward did not get so far, and the other way round.
bool GoesByTargets(const v1::DeploymentState& state) {
  return !state.targets().empty() && !MovesTraffic(state.plan()) &&
         !MovesTraffic(state.deploy_plan());
}

// What no step has touched may have had it before.
bool IsOnVersion(const v1::DeploymentState& state, const v1::TargetState& target) {
  if (target.phase() == v1::TARGET_PHASE_SUCCEEDED) return true;
  return target.phase() == v1::TARGET_PHASE_UNSPECIFIED &&
         target.target().version() == state.version();
}

int TargetsOnVersion(const v1::DeploymentState& state) {
  return static_cast<int>(std::count_if(
      state.targets().begin(), state.targets().end(),
      [&state](const v1::TargetState& target) { return IsOnVersion(state, target); }));
}

}  // namespace

bool MovesTraffic(const v1::Plan& plan) {
  return std::any_of(plan.steps().begin(), plan.steps().end(), [](const v1::Step& step) {
    return step.has_set_traffic() || step.has_switch_traffic() || step.has_set_flag();
  });
}

double ShareOnVersion(const v1::DeploymentState& state) {
  if (!GoesByTargets(state)) return state.traffic_percentage();
  return 100.0 * TargetsOnVersion(state) / state.targets_size();
}

std::string ShareText(const v1::DeploymentState& state) {
  if (!GoesByTargets(state)) return fmt::format("{:g}%", state.traffic_percentage());
  return fmt::format("{} of {} targets", TargetsOnVersion(state), state.targets_size());
}

}  // namespace sluice::client
