// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "client/view/plan_view.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/timestamp.h"
#include "client/durations.h"
#include "client/view/step_text.h"
#include "fmt/format.h"

namespace sluice::client {
namespace {

constexpr int kActionColumn = 28;

bool Deploys(const v1::Plan& plan) {
  return std::any_of(plan.steps().begin(), plan.steps().end(),
                     [](const v1::Step& step) { return step.has_deploy_targets(); });
}

std::string VersionOf(const v1::Plan& plan) {
  if (!plan.version().empty()) return absl::StrCat(" (", plan.version(), ")");
  if (!Deploys(plan)) return "";
  return " (each target to the other version that it is known to have run; where none is known, "
         "nothing is taken back)";
}

void AddPlan(const std::string& title, const v1::Plan& plan, std::vector<Line>& lines) {
  lines.push_back(Line(absl::StrCat(title, VersionOf(plan)), Style::kBold));
  for (int i = 0; i < plan.steps_size(); ++i) {
    const v1::Step& step = plan.steps(i);
    Line line(fmt::format("{:4}. {}", i + 1, StepName(step)));
    // The others' names say what they do.
    const bool tells_more = step.has_deploy_targets() || step.has_gate();
    if (tells_more && StepAction(step) != StepName(step)) {
      line.PadTo(kActionColumn).Add("  ").Add(StepAction(step), Style::kDim);
    }
    lines.push_back(line);
  }
  if (plan.steps().empty()) lines.push_back(Line("      nothing to do", Style::kDim));
}

}  // namespace

std::vector<Line> RenderPlan(const v1::PlanResponse& plan) {
  std::vector<Line> lines;
  AddPlan("Plan", plan.plan(), lines);
  const bool goes_back = plan.on_failure().policy() == v1::FAILURE_POLICY_ROLLBACK;
  const std::string when = goes_back ? "If it fails" : "If it is rolled back, not by itself";
  if (plan.has_rollback_plan()) AddPlan(when, plan.rollback_plan(), lines);
  const std::string least = ShortDuration(FromProtoDuration(plan.min_duration()));
  const std::string most = plan.has_max_duration()
                               ? ShortDuration(FromProtoDuration(plan.max_duration()))
                               : "not bounded";
  lines.push_back(Line("Waits alone: ", Style::kBold).Add(least));
  lines.push_back(Line("At most:     ", Style::kBold).Add(most));
  return lines;
}

}  // namespace sluice::client
