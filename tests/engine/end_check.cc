// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/end_check.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/way_back.h"
#include "strategy/create_strategy.h"

namespace sluice {

namespace {

bool IsForRouter(CallKind kind) {
  return kind == CallKind::kSetTraffic || kind == CallKind::kSwitch || kind == CallKind::kSetFlag;
}

// The share of the deployment's version that a call of the router sets.
double ShareOf(const WorldCall& call) {
  if (call.kind == CallKind::kSwitch) return call.detail == "green" ? 100 : 0;
  double share = -1;
  const size_t sign = call.detail.find('=');
  const size_t begin = sign == std::string::npos ? 0 : sign + 1;
  return absl::SimpleAtod(call.detail.substr(begin), &share) ? share : -1;
}

std::string Text(const WorldCall& call) {
  return absl::StrCat(call.detail, " for ", call.version, ": ", call.status.ToString());
}

// What the router must have been told last when the deployment ended so.
struct LastWord {
  CallKind kind;
  std::string detail;
  std::string version;
};

LastWord FlagWord(const v1::DeploymentState& state, bool is_back) {
  const v1::FeatureFlagStrategy& flag = state.strategy_options().feature_flag_strategy();
  const std::string name = flag.flag_name().empty()
                               ? absl::StrCat("ff_", state.service(), "_", state.version())
                               : flag.flag_name();
  const double share = is_back ? 0 : flag.initial_rollout();
  return {CallKind::kSetFlag, absl::StrCat(name, "=", share), state.version()};
}

LastWord WordOf(const v1::DeploymentState& state) {
  const v1::Strategy& strategy = state.strategy_options();
  const bool is_back = state.status() == v1::STATUS_ROLLED_BACK;
  if (strategy.has_feature_flag_strategy()) return FlagWord(state, is_back);
  if (strategy.has_blue_green_strategy() || strategy.has_blue_green_deployment()) {
    return {CallKind::kSwitch, is_back ? "blue" : "green",
            is_back ? state.previous_version() : state.version()};
  }
  return {CallKind::kSetTraffic, is_back ? "0" : "100", state.version()};
}

bool UsesRouter(const v1::Strategy& strategy) {
  return !strategy.has_rolling_deployment() && !strategy.has_canary_deployment();
}

}  // namespace

std::vector<std::string> EndCheck::Violations(const v1::DeploymentState& state,
                                              int most_at_once) const {
  std::vector<std::string> found = {AtOnce(state, most_at_once), Routed(state), Grew(state)};
  const bool has_ended_well = state.status() != v1::STATUS_FAILED;
  if (!IsTargetBased(state.strategy_options()) && (has_ended_well || !after_crashes_)) {
    found.push_back(Recorded(state));
  }
  if (state.status() == v1::STATUS_COMPLETED) found.push_back(TargetsCompleted(state));
  if (state.status() == v1::STATUS_ROLLED_BACK) found.push_back(TargetsRolledBack(state));
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
  const WorldCall* told = LastCall(state, CallKind::kRunningVersion, target);
  const WorldCall* health = LastCall(state, CallKind::kHealth, target);
  const bool was_brought = deploy != nullptr && deploy->status.ok() && deploy->version == version;
  // After a crash in the middle of a call the target is asked, and perhaps has it already.
  const bool has_told = told != nullptr && deploy < told && told->detail == version;
  return (was_brought || has_told) && health != nullptr && health->status.ok() &&
         health->version == version;
}

std::string EndCheck::TargetsCompleted(const v1::DeploymentState& state) const {
  int failed = 0;
  for (const v1::TargetState& target : state.targets()) {
    if (!IsHealthyOn(state, target.target().id(), state.version())) ++failed;
  }
  const bool canary = state.strategy_options().has_canary_deployment();
  if (failed <= (canary ? 0 : state.on_failure().max_failed_targets())) return "";
  return absl::StrCat("completed with ", failed, " failed targets");
}

std::string EndCheck::TargetsRolledBack(const v1::DeploymentState& state) const {
  if (state.strategy_options().has_blue_green_deployment())
    return "";  // Only the traffic goes back.
  for (const v1::TargetState& target : state.targets()) {
    const std::string& id = target.target().id();
    if (LastCall(state, CallKind::kDeploy, id) == nullptr) continue;
    if (!IsHealthyOn(state, id, WayBackOf(state, target))) {
      return absl::StrCat("rolled back, but ", id, " is not");
    }
  }
  return "";
}

std::vector<WorldCall> EndCheck::RouterCalls(const v1::DeploymentState& state) const {
  std::vector<WorldCall> chosen;
  for (const WorldCall& call : calls_) {
    if (call.deployment_id == state.id() && IsForRouter(call.kind)) chosen.push_back(call);
  }
  return chosen;
}

std::string EndCheck::Routed(const v1::DeploymentState& state) const {
  if (!UsesRouter(state.strategy_options()) || state.status() == v1::STATUS_FAILED) return "";
  const LastWord word = WordOf(state);
  const std::vector<WorldCall> calls = RouterCalls(state);
  if (calls.empty() && !state.has_start_time()) return "";  // Taken back before it began.
  if (calls.empty()) return absl::StrCat("ended, and the router was never told ", word.detail);
  const WorldCall& last = calls.back();
  const bool is_so = last.status.ok() && last.kind == word.kind && last.detail == word.detail &&
                     last.version == word.version;
  return is_so ? "" : absl::StrCat("ended, and the router was last told ", Text(last));
}

std::string EndCheck::Recorded(const v1::DeploymentState& state) const {
  double share = 0;
  for (const WorldCall& call : RouterCalls(state)) {
    if (call.status.ok()) share = ShareOf(call);
  }
  if (std::abs(share - state.traffic_percentage()) < 0.001) return "";
  return absl::StrCat("records ", state.traffic_percentage(), "%, the router took ", share, "%");
}

std::string EndCheck::Grew(const v1::DeploymentState& state) const {
  std::vector<double> shares;
  for (const WorldCall& call : RouterCalls(state)) {
    if (call.kind == CallKind::kSetTraffic) shares.push_back(ShareOf(call));
  }
  while (!shares.empty() && shares.back() == 0) shares.pop_back();
  if (std::is_sorted(shares.begin(), shares.end())) return "";
  return absl::StrCat("shares went down: ", absl::StrJoin(shares, ", "));
}

}  // namespace sluice
