// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "client/view/step_text.h"

#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "client/durations.h"
#include "client/text.h"
#include "client/words.h"
#include "fmt/format.h"

namespace sluice::client {
namespace {

constexpr int kMostListedTargets = 4;

std::string DeployAction(const v1::DeployTargets& deploy) {
  if (deploy.has_up_to_percentage()) {
    return fmt::format("deploy up to {}% of the targets", deploy.up_to_percentage());
  }
  std::vector<std::string> ids(deploy.target_ids().begin(), deploy.target_ids().end());
  const size_t all = ids.size();
  if (all > kMostListedTargets) ids.resize(kMostListedTargets);
  const std::string more = all > ids.size() ? absl::StrCat(" and ", all - ids.size(), " more") : "";
  return absl::StrCat("deploy ", absl::StrJoin(ids, ", "), more);
}

std::string Remaining(absl::Duration left) {
  // Rounded up: "0s left" would be shown for a whole second.
  return absl::StrCat(ShortDuration(absl::Ceil(left, absl::Seconds(1))), " left");
}

}  // namespace

std::string StepAction(const v1::Step& step) {
  switch (step.action_case()) {
    case v1::Step::kDeployTargets:
      return DeployAction(step.deploy_targets());
    case v1::Step::kCheckSuccessRate:
      return fmt::format("at least {}% must have succeeded",
                         step.check_success_rate().threshold() * 100);
    case v1::Step::kSetTraffic:
      return fmt::format("traffic {}%", step.set_traffic().percentage());
    case v1::Step::kSwitchTraffic:
      return absl::StrCat("switch traffic to ", step.switch_traffic().slot());
    case v1::Step::kSetFlag:
      return fmt::format("flag {} {}%", step.set_flag().name(), step.set_flag().percentage());
    case v1::Step::kWait:
      return absl::StrCat("wait ", ShortDuration(FromProtoDuration(step.wait().duration())));
    case v1::Step::kGate:
      return absl::StrCat("gate: ", step.gate().message());
    default:
      return "a step this version of sluice does not know";
  }
}

std::string StepName(const v1::Step& step) {
  return step.name().empty() ? StepAction(step) : step.name();
}

std::string StepProgress(const v1::Step& step, absl::Time now) {
  if (step.status() == v1::STEP_STATUS_RUNNING) {
    if (step.has_wait_left()) {
      return absl::StrCat(Remaining(FromProtoDuration(step.wait_left())), ", paused");
    }
    if (step.has_wait_until()) return Remaining(FromTimestamp(step.wait_until()) - now);
    if (step.has_gate()) return "waits for `sluice promote`";
    const absl::Duration elapsed = now - FromTimestamp(step.start_time());
    if (step.has_start_time()) return ShortDuration(absl::Trunc(elapsed, absl::Seconds(1)));
  }
  if (step.has_start_time() && step.has_end_time()) {
    return ShortDuration(FromTimestamp(step.end_time()) - FromTimestamp(step.start_time()));
  }
  return "";
}

bool IsActive(const v1::TargetState& target) {
  return target.phase() == v1::TARGET_PHASE_DEPLOYING ||
         target.phase() == v1::TARGET_PHASE_CHECKING_HEALTH;
}

bool IsFailing(const v1::TargetState& target) {
  return target.phase() == v1::TARGET_PHASE_FAILED ||
         target.health() == v1::TARGET_HEALTH_UNHEALTHY;
}

std::string TargetWords(const v1::TargetState& target) {
  if (target.phase() == v1::TARGET_PHASE_UNSPECIFIED) return "";
  const std::string phase = Spoken(Word(target.phase()));
  if (target.health() == v1::TARGET_HEALTH_UNSPECIFIED) return phase;
  return absl::StrCat(phase, ", ", Word(target.health()));
}

std::string TargetError(const v1::TargetState& target) {
  if (!IsFailing(target)) return "";
  return target.error().empty() ? LastLine(target.last_check()) : target.error();
}

std::string TargetComplaint(const v1::TargetState& target) {
  const std::string said = LastLine(target.output());
  if (said.empty()) return "";
  // Else it reads as if what was taken back still ran.
  if (target.phase() == v1::TARGET_PHASE_ROLLED_BACK) {
    return absl::StrCat("before it was rolled back: ", said);
  }
  return IsFailing(target) && !absl::StrContains(target.error(), said) ? said : "";
}

}  // namespace sluice::client
