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
    for (int i = 0; i < state.targets_size(); ++i) AddTarget(i);
    for (int step = 0; step < state.plan().steps_size(); ++step) AddStep(step);
  }

  const std::vector<int>& step_of() const { return step_of_; }

 private:
  void AddTarget(int index) {
    const v1::TargetState& target = state_.targets(index);
    index_of_[target.target().id()] = index;
    const bool is_of_plan = target.step() >= 0 && target.step() < state_.plan().steps_size();
    if (target.has_step() && is_of_plan) StepOf(index) = target.step();
  }

  void AddStep(int step) {
    const v1::Step& action = state_.plan().steps(step);
    if (!action.has_deploy_targets()) return;
    const v1::DeployTargets& deploy = action.deploy_targets();
    if (deploy.has_up_to_percentage()) AddStage(step, deploy.up_to_percentage());
    for (const std::string& id : deploy.target_ids()) {
      if (const auto found = index_of_.find(id); found != index_of_.end()) {
        Assign(found->second, step);
      }
    }
  }

  void AddStage(int step, double percentage) {
    if (state_.plan().steps(step).status() == v1::STEP_STATUS_DONE) return;
    int missing = StageSize(percentage, state_.targets_size()) - CountUpTo(step);
    for (int i = 0; i < state_.targets_size() && missing > 0; ++i) {
      const bool is_new = state_.targets(i).target().version() == state_.plan().version();
      if (is_new || StepOf(i) != kNoStep) continue;
      StepOf(i) = step;
      --missing;
    }
  }

  // Those that a step's percentage counts: also what ran the version before. What failed before it
  // does not.
  int CountUpTo(int step) {
    int count = 0;
    for (int i = 0; i < state_.targets_size(); ++i) {
      const bool has_failed = state_.targets(i).phase() == v1::TARGET_PHASE_FAILED;
      const bool is_before = StepOf(i) != kNoStep && StepOf(i) < step;
      const bool is_ahead =
          StepOf(i) == kNoStep && state_.targets(i).target().version() == state_.plan().version();
      if (StepOf(i) == step || is_ahead || (is_before && !has_failed)) ++count;
    }
    return count;
  }

  void Assign(int target, int step) {
    if (state_.targets(target).has_step()) return;
    int& present = StepOf(target);
    if (present == kNoStep || HasBegun(state_.plan().steps(step))) present = step;
  }

  int& StepOf(int target) { return step_of_[static_cast<size_t>(target)]; }

  const v1::DeploymentState& state_;
  std::map<std::string, int> index_of_;
  std::vector<int> step_of_;
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
