// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/end_check.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "engine/way_back.h"

namespace sluice {

std::vector<std::string> EndCheck::Violations(const v1::DeploymentState& state,
                                              int most_at_once) const {
  std::vector<std::string> found = {AtOnce(state, most_at_once)};
  if (state.status() == v1::STATUS_COMPLETED) found.push_back(Completed(state));
  if (state.status() == v1::STATUS_ROLLED_BACK) found.push_back(RolledBack(state));
  std::erase(found, "");
  for (std::string& what : found) what = absl::StrCat(state.id(), " ", what);
  return found;
}

std::string EndCheck::AtOnce(const v1::DeploymentState& state, int allowed) const {
  const int most = world_.MostAtOnce(state.id());
  if (most <= allowed) return "";
  return absl::StrCat("made ", most, " calls at once, allowed are ", allowed);
}

const WorldCall* EndCheck::LastCall(const v1::DeploymentState& state, CallKind kind,
                                    const std::string& subject) const {
  const auto matches = [&](const WorldCall& call) {
    return call.kind == kind && call.subject == subject && call.deployment_id == state.id();
  };
  const auto found = std::find_if(calls_.rbegin(), calls_.rend(), matches);
  return found == calls_.rend() ? nullptr : &*found;
}

bool EndCheck::IsHealthyOn(const v1::DeploymentState& state, const std::string& target,
                           const std::string& version) const {
  const WorldCall* deploy = LastCall(state, CallKind::kDeploy, target);
  const WorldCall* health = LastCall(state, CallKind::kHealth, target);
  return deploy != nullptr && deploy->status.ok() && deploy->version == version &&
         health != nullptr && health->status.ok() && health->version == version;
}

std::string EndCheck::Completed(const v1::DeploymentState& state) const {
  int failed = 0;
  for (const v1::TargetState& target : state.targets()) {
    if (!IsHealthyOn(state, target.target().id(), state.version())) ++failed;
  }
  const bool canary = state.strategy_options().has_canary_deployment();
  if (failed <= (canary ? 0 : state.on_failure().max_failed_targets())) return "";
  return absl::StrCat("completed with ", failed, " failed targets");
}

std::string EndCheck::RolledBack(const v1::DeploymentState& state) const {
  if (state.strategy_options().has_blue_green_deployment()) {
    const WorldCall* last = LastCall(state, CallKind::kSwitch, state.service());
    if (last == nullptr || (last->status.ok() && last->detail == "blue")) return "";
    return absl::StrCat("rolled back, but the traffic is on ", last->detail);
  }
  for (const v1::TargetState& target : state.targets()) {
    const std::string& id = target.target().id();
    if (LastCall(state, CallKind::kDeploy, id) == nullptr) continue;
    if (!IsHealthyOn(state, id, WayBackOf(state, target))) {
      return absl::StrCat("rolled back, but ", id, " is not");
    }
  }
  return "";
}

}  // namespace sluice
