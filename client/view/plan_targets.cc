// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "client/view/plan_targets.h"

#include <algorithm>
#include <map>
#include <string>

namespace sluice::client {
namespace {

constexpr int kNoStep = -1;

int StageSize(double percentage, int target_count) {
  const int size = static_cast<int>(percentage * target_count / 100.0);
  return std::clamp(size, std::min(1, target_count), target_count);
}

bool HasBegun(const v1::Step& step) { return step.status() != v1::STEP_STATUS_UNSPECIFIED; }

// Which step each target belongs to.
class Assignment {
 public:
  explicit Assignment(const v1::DeploymentState& state)
      : state_(state), step_of_(static_cast<size_t>(state.targets_size()), kNoStep) {
    for (int i = 0; i < state.targets_size(); ++i) index_of_[state.targets(i).target().id()] = i;
    for (int step = 0; step < state.plan().steps_size(); ++step) AddStep(step);
  }

  const std::vector<int>& step_of() const { return step_of_; }

 private:
  void AddStep(int step) {
    const v1::Step& action = state_.plan().steps(step);
    if (!action.has_deploy_targets()) return;
    const v1::DeployTargets& deploy = action.deploy_targets();
    if (deploy.has_up_to_percentage()) {
      const int end = StageSize(deploy.up_to_percentage(), state_.targets_size());
      for (; stage_end_ < end; ++stage_end_) Assign(stage_end_, step);
    }
    for (const std::string& id : deploy.target_ids()) {
      if (const auto found = index_of_.find(id); found != index_of_.end()) {
        Assign(found->second, step);
      }
    }
  }

  void Assign(int target, int step) {
    int& present = step_of_[static_cast<size_t>(target)];
    if (present == kNoStep || HasBegun(state_.plan().steps(step))) present = step;
  }

  const v1::DeploymentState& state_;
  std::map<std::string, int> index_of_;
  std::vector<int> step_of_;
  int stage_end_ = 0;
};

}  // namespace

std::vector<std::vector<int>> TargetsOfSteps(const v1::DeploymentState& state) {
  std::vector<std::vector<int>> targets(static_cast<size_t>(state.plan().steps_size()));
  const Assignment assignment(state);
  for (int i = 0; i < state.targets_size(); ++i) {
    const int step = assignment.step_of()[static_cast<size_t>(i)];
    if (step != kNoStep) targets[static_cast<size_t>(step)].push_back(i);
  }
  return targets;
}

std::vector<int> TargetsOfNoStep(const v1::DeploymentState& state,
                                 const std::vector<std::vector<int>>& of_steps) {
  std::vector<bool> named(static_cast<size_t>(state.targets_size()), false);
  for (const std::vector<int>& targets : of_steps) {
    for (int target : targets) named[static_cast<size_t>(target)] = true;
  }
  std::vector<int> rest;
  for (int i = 0; i < state.targets_size(); ++i) {
    if (!named[static_cast<size_t>(i)]) rest.push_back(i);
  }
  return rest;
}

}  // namespace sluice::client
