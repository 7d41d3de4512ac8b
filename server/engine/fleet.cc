// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/fleet.h"

#include <algorithm>
#include <set>
#include <string>

#include "strategy/steps.h"

namespace sluice {
namespace {

v1::Fleet Consistent(const std::string& version) {
  v1::Fleet fleet;
  fleet.set_consistency(version.empty() ? v1::FLEET_CONSISTENCY_UNKNOWN
                                        : v1::FLEET_CONSISTENCY_CONSISTENT);
  fleet.set_version(version);
  return fleet;
}

v1::Fleet Inconsistent(v1::FleetConsistency consistency) {
  v1::Fleet fleet;
  fleet.set_consistency(consistency);
  return fleet;
}

// A call to the router that was cut short or failed may have done its work.
bool IsTrafficDoubtful(const v1::DeploymentState& state) {
  const auto& steps = state.plan().steps();
  return std::any_of(steps.begin(), steps.end(), [](const v1::Step& step) {
    const bool is_done = step.status() == v1::STEP_STATUS_DONE && step.error().empty();
    return MovesTraffic(step) && step.has_start_time() && !is_done;
  });
}

// Where only traffic moves, the traffic says what runs.
v1::Fleet FleetByTraffic(const v1::DeploymentState& state) {
  if (state.status() == v1::STATUS_ROLLED_BACK) return Consistent(state.previous_version());
  if (IsTrafficDoubtful(state)) return Inconsistent(v1::FLEET_CONSISTENCY_UNKNOWN);
  if (state.traffic_percentage() <= 0) return Consistent(state.previous_version());
  // A flag's rollout completes below 100 too.
  const bool completed = state.status() == v1::STATUS_COMPLETED;
  if (completed && state.traffic_percentage() >= 100) return Consistent(state.version());
  return Inconsistent(v1::FLEET_CONSISTENCY_MIXED);
}

}  // namespace

v1::Fleet FleetOf(const v1::DeploymentState& state) {
  const bool switched = state.strategy() == "blue_green";
  // Its way back leaves the targets as they are.
  const bool is_back = switched && state.status() == v1::STATUS_ROLLED_BACK;
  if (state.targets().empty() || is_back) return FleetByTraffic(state);
  std::set<std::string> versions;
  bool doubtful = false;
  bool unknown = false;
  for (const v1::TargetState& target : state.targets()) {
    versions.insert(target.target().version());
    // After a failed call nobody can be sure; after a failed health check it is clear what runs.
    doubtful = doubtful || (target.phase() == v1::TARGET_PHASE_FAILED &&
                            target.health() != v1::TARGET_HEALTH_UNHEALTHY);
    unknown = unknown || target.phase() == v1::TARGET_PHASE_CANCELLED ||
              target.phase() == v1::TARGET_PHASE_DEPLOYING ||
              target.phase() == v1::TARGET_PHASE_UNCERTAIN;
  }
  if (versions.size() > 1 || doubtful) return Inconsistent(v1::FLEET_CONSISTENCY_MIXED);
  if (switched && IsTrafficDoubtful(state)) return Inconsistent(v1::FLEET_CONSISTENCY_UNKNOWN);
  // The new version stands beside the one that still has the traffic.
  const bool stands_idle = switched && state.traffic_percentage() <= 0;
  if (stands_idle && *versions.begin() == state.version()) {
    return Inconsistent(v1::FLEET_CONSISTENCY_MIXED);
  }
  if (unknown) return Inconsistent(v1::FLEET_CONSISTENCY_UNKNOWN);
  return Consistent(*versions.begin());
}

v1::Fleet FleetOfService(const v1::DeploymentState& latest,
                         const std::map<std::string, std::string>& versions) {
  const v1::Fleet& fleet = latest.fleet();
  // Of the targets of a blue-green deployment one half stands idle.
  const bool by_targets = !latest.targets().empty() && latest.strategy() != "blue_green";
  if (!by_targets || fleet.consistency() != v1::FLEET_CONSISTENCY_CONSISTENT) return fleet;
  for (const auto& [id, version] : versions) {
    if (version != fleet.version()) return Inconsistent(v1::FLEET_CONSISTENCY_MIXED);
  }
  return fleet;
}

}  // namespace sluice
