// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "strategy/steps.h"

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/timestamp.h"

namespace sluice {
namespace {

v1::Step& AddStep(v1::Plan& plan, const std::string& name) {
  v1::Step& step = *plan.add_steps();
  step.set_name(name);
  return step;
}

}  // namespace

v1::DeployTargets& AddDeployTargets(v1::Plan& plan, const std::string& name) {
  return *AddStep(plan, name).mutable_deploy_targets();
}

void AddCheckSuccessRate(v1::Plan& plan, double threshold, double stage) {
  auto& check = *AddStep(plan, absl::StrCat("check that ", PercentText(threshold * 100),
                                            " of the stage succeeded"))
                     .mutable_check_success_rate();
  check.set_threshold(threshold);
  check.set_stage(stage);
}

void AddSetTraffic(v1::Plan& plan, double percentage) {
  AddStep(plan, absl::StrCat("traffic to ", PercentText(percentage)))
      .mutable_set_traffic()
      ->set_percentage(percentage);
}

v1::SwitchTraffic& AddSwitchTraffic(v1::Plan& plan, const std::string& slot) {
  auto& step = *AddStep(plan, absl::StrCat("switch traffic to ", slot)).mutable_switch_traffic();
  step.set_slot(slot);
  return step;
}

void AddSetFlag(v1::Plan& plan, const std::string& flag, double percentage) {
  auto& step = *AddStep(plan, absl::StrCat("flag ", flag, " to ", PercentText(percentage)))
                    .mutable_set_flag();
  step.set_name(flag);
  step.set_percentage(percentage);
}

void AddWait(v1::Plan& plan, double seconds) {
  if (seconds <= 0) return;
  const absl::Duration duration = absl::Seconds(seconds);
  *AddStep(plan, absl::StrCat("wait ", absl::FormatDuration(duration)))
       .mutable_wait()
       ->mutable_duration() = ToProtoDuration(duration);
}

void AddGate(v1::Plan& plan, const std::string& message) {
  AddStep(plan, "wait for promote").mutable_gate()->set_message(message);
}

bool MovesTraffic(const v1::Step& step) {
  return step.has_set_traffic() || step.has_switch_traffic() || step.has_set_flag();
}

std::string PercentText(double percentage) { return absl::StrCat(percentage, "%"); }

}  // namespace sluice
