// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/plan_duration.h"

#include <algorithm>

#include "base/timestamp.h"

namespace sluice {
namespace {

// How many rounds of concurrent calls the step needs at most.
int64_t RoundsOf(const v1::DeployTargets& step, int all_targets) {
  const int64_t count = step.has_up_to_percentage() ? all_targets : step.target_ids_size();
  const int64_t at_once =
      step.max_concurrent() > 0 ? step.max_concurrent() : std::max<int64_t>(count, 1);
  return (count + at_once - 1) / at_once;
}

}  // namespace

void FillDurations(const v1::DeploymentState& draft, const ServicePorts& ports,
                   v1::PlanResponse& response) {
  const absl::Duration per_target = ports.deployer->MaxDuration() + ports.health_policy.deadline;
  absl::Duration shortest;
  absl::Duration longest;
  for (const v1::Step& step : response.plan().steps()) {
    if (step.has_wait()) {
      shortest += FromProtoDuration(step.wait().duration());
      longest += FromProtoDuration(step.wait().duration());
    }
    if (step.has_gate()) longest = absl::InfiniteDuration();
    if (step.has_deploy_targets()) {
      const int64_t rounds = RoundsOf(step.deploy_targets(), draft.targets_size());
      if (rounds > 0) longest += rounds * per_target;
    }
  }
  *response.mutable_min_duration() = ToProtoDuration(shortest);
  if (longest != absl::InfiniteDuration()) {
    *response.mutable_max_duration() = ToProtoDuration(longest);
  }
}

}  // namespace sluice
