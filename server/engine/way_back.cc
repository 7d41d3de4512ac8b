// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/way_back.h"

#include "absl/strings/str_cat.h"
#include "strategy/create_strategy.h"

namespace sluice {

std::string WayBackOf(const v1::DeploymentState& state, const v1::TargetState& target) {
  const std::string& own = target.previous_version();
  return own.empty() ? state.previous_version() : own;
}

bool IsOnWayBack(const v1::DeploymentState& state, const v1::TargetState& target) {
  const std::string& back = target.previous_version();
  if (target.attempts() == 0) return !back.empty() && target.target().version() != back;
  // It got once more what it ran.
  return back != state.version() || target.phase() != v1::TARGET_PHASE_SUCCEEDED;
}

absl::Status SetWayBack(const std::string& to_version, v1::DeploymentState& state) {
  if (to_version.empty()) return absl::OkStatus();
  if (to_version == state.version()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "cannot roll back to ", to_version, ": it is the version that was being deployed"));
  }
  const std::string& previous = state.previous_version();
  const bool is_blue_green = state.strategy() == "blue_green";
  const bool moves_traffic = is_blue_green || !IsTargetBased(state.strategy_options());
  if (moves_traffic && !previous.empty() && to_version != previous) {
    return absl::FailedPreconditionError(
        absl::StrCat("cannot roll back to ", to_version, ": ",
                     is_blue_green ? "a blue-green rollback switches to the other slot, which has "
                                   : "the traffic goes back to what ran before, which is ",
                     previous, "; deploy ", to_version, " instead"));
  }
  state.set_previous_version(to_version);
  for (v1::TargetState& target : *state.mutable_targets()) target.set_previous_version(to_version);
  return absl::OkStatus();
}

std::string NoWayBack(const v1::DeploymentState& state) {
  if (state.strategy() == "blue_green") {
    return state.previous_version().empty() ? "no previous version is known" : "";
  }
  bool is_touched = false;
  bool goes_back = false;
  for (const v1::TargetState& target : state.targets()) {
    if (target.attempts() == 0) continue;
    const std::string back = WayBackOf(state, target);
    if (back.empty()) {
      return absl::StrCat("no previous version is known for target ", target.target().id());
    }
    is_touched = true;
    goes_back = goes_back || back != state.version();
  }
  if (goes_back || !is_touched) return "";
  return absl::StrCat("its targets ran ", state.version(), " before");
}

}  // namespace sluice
