// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/run_so_far.h"

#include <algorithm>
#include <unordered_map>

namespace sluice {
namespace {

// Of the first target that failed in this step.
v1::Reason ReasonOfFirstFailure(const v1::DeploymentState& state, int index) {
  for (const v1::TargetState& target : state.targets()) {
    const bool has_failed = target.phase() == v1::TARGET_PHASE_FAILED && WasBegunIn(index, target);
    if (has_failed) return FailureReasonOf(target);
  }
  return v1::REASON_DEPLOY_FAILED;
}

void Recall(const v1::DeploymentState& state, int index, RunSoFar& so_far) {
  const v1::Step& step = state.plan().steps(index);
  const bool is_judged_later = step.deploy_targets().failures_are_judged_later();
  if (step.has_deploy_targets()) {
    so_far.last_step = {.succeeded = step.targets_succeeded(),
                        .failed = step.targets_failed(),
                        .reason = ReasonOfFirstFailure(state, index),
                        .message = step.error()};
    if (!is_judged_later) so_far.failed_targets += step.targets_failed();
  }
  if (step.error().empty() || is_judged_later || !so_far.passed_over.ok()) return;
  so_far.passed_over = {
      .reason = step.has_deploy_targets() ? so_far.last_step.reason : v1::REASON_TRAFFIC_FAILED,
      .message = step.error()};
}

// They ran it before this deployment began.
int TargetsAhead(const v1::DeploymentState& state, const std::string& version) {
  return static_cast<int>(std::count_if(
      state.targets().begin(), state.targets().end(), [&](const v1::TargetState& target) {
        return target.attempts() == 0 && target.target().version() == version;
      }));
}

}  // namespace

RunSoFar RecallRun(const v1::DeploymentState& state) {
  RunSoFar so_far;
  const v1::Plan& plan = state.plan();
  for (int i = 0; i < state.current_step(); ++i) Recall(state, i, so_far);
  if (state.current_step() >= plan.steps_size()) return so_far;
  const v1::Step& present = plan.steps(state.current_step());
  if (present.status() != v1::STEP_STATUS_FAILED) return so_far;
  so_far.failed_step = {.reason = state.reason(), .message = present.error()};
  // Only the deadline ends a step without an error of its own.
  if (present.error().empty()) so_far.failed_step.interrupt = Interrupt::kDeadline;
  return so_far;
}

TargetIndex IndexTargets(const v1::DeploymentState& state) {
  TargetIndex index_of;
  for (int i = 0; i < state.targets_size(); ++i) index_of[state.targets(i).target().id()] = i;
  return index_of;
}

int TargetsUpTo(double percentage, int targets) {
  return std::max(1, static_cast<int>(targets * percentage / 100));
}

std::vector<int> SelectTargets(const v1::DeploymentState& state, const TargetIndex& index_of,
                               int index, const v1::DeployTargets& step, const std::string& version,
                               bool counts_ahead) {
  std::vector<int> selected;
  if (!step.has_up_to_percentage()) {
    for (const std::string& id : step.target_ids()) selected.push_back(index_of.at(id));
    return selected;
  }
  const int wanted = TargetsUpTo(step.up_to_percentage(), state.targets_size());
  const int ahead = counts_ahead ? TargetsAhead(state, version) : 0;
  const int missing = wanted - ahead - state.result().targets_updated();
  // Those that an earlier run of the daemon has begun with are not counted as updated yet.
  for (int i = 0; i < state.targets_size(); ++i) {
    if (WasBegunIn(index, state.targets(i))) selected.push_back(i);
  }
  for (int i = 0; i < state.targets_size(); ++i) {
    if (static_cast<int>(selected.size()) >= missing) break;
    const v1::TargetState& target = state.targets(i);
    const bool is_old = target.target().version() != version;
    if (is_old && !WasBegunIn(index, target)) selected.push_back(i);
  }
  std::sort(selected.begin(), selected.end());
  return selected;
}

}  // namespace sluice
