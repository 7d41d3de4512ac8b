// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/runner.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/timestamp.h"
#include "engine/pausing.h"
#include "engine/wait_record.h"
#include "strategy/steps.h"

namespace sluice {
namespace {

constexpr size_t kMaxNamed = 20;

std::string UncertainText(const std::vector<std::string>& names) {
  const size_t named = std::min(names.size(), kMaxNamed);
  const auto end = names.begin() + static_cast<ptrdiff_t>(named);
  return absl::StrCat(
      "the daemon ended while targets were being deployed, and what they run is not "
      "known: ",
      absl::StrJoin(names.begin(), end, ", "),
      named == names.size() ? "" : absl::StrCat(" and ", names.size() - named, " more"));
}

// Before the switch a target that was deployed has none.
bool SwitchesTraffic(const v1::Plan& plan) {
  return std::any_of(plan.steps().begin(), plan.steps().end(),
                     [](const v1::Step& step) { return step.has_switch_traffic(); });
}

}  // namespace

Runner::Runner(RunContext context, Policy policy) : context_(context), policy_(policy) {}

RunOutcome Runner::Run() {
  int index = 0;
  context_.record.Read([&](const v1::DeploymentState& state) {
    plan_ = state.plan();
    version_ = state.version();
    index_of_ = IndexTargets(state);
    index = state.current_step();
    so_far_ = RecallRun(state);
  });
  for (; index < plan_.steps_size(); ++index) {
    if (const Interrupt interrupt = SafePoint(context_); interrupt != Interrupt::kNone) {
      return {.interrupt = interrupt};
    }
    if (!so_far_.failed_step.ok()) return so_far_.failed_step;
    BeginStep(index);
    RunOutcome outcome = RunStep(index, plan_.steps(index));
    if (Suspended(outcome.interrupt)) return outcome;
    EndStep(index, outcome);
    if (!outcome.ok()) return outcome;
  }
  Change(context_.record,
         [&](v1::DeploymentState& state) { state.set_current_step(plan_.steps_size()); });
  return so_far_.passed_over;
}

bool Runner::Suspended(Interrupt interrupt) const {
  return interrupt == Interrupt::kShutdown && context_.epoch > 0;
}

Interrupt Runner::AwaitDurable() {
  if (context_.record.AwaitDurable().ok()) return Interrupt::kNone;
  context_.control.Stop(Interrupt::kShutdown);
  return Interrupt::kShutdown;
}

RunOutcome Runner::RunStep(int index, const v1::Step& step) {
  switch (step.action_case()) {
    case v1::Step::kDeployTargets:
      return Do(index, step.deploy_targets());
    case v1::Step::kCheckSuccessRate:
      return Do(step.check_success_rate());
    case v1::Step::kSetTraffic:
      return Do(step.set_traffic());
    case v1::Step::kSwitchTraffic:
      return Do(step.switch_traffic());
    case v1::Step::kSetFlag:
      return Do(step.set_flag());
    case v1::Step::kWait:
      return DoWait(index);
    case v1::Step::kGate:
      return Do(index, step.gate());
    case v1::Step::ACTION_NOT_SET:
      break;
  }
  return {.reason = v1::REASON_INTERNAL, .message = absl::StrCat("step ", index, " is empty")};
}

RunOutcome Runner::Do(int index, const v1::DeployTargets& step) {
  // Failures that a check judges later, or that are passed over, stop nothing here.
  const bool lenient = policy_.go_on || step.failures_are_judged_later();
  const int tolerated = policy_.tolerated - so_far_.failed_targets;
  std::vector<int> targets;
  context_.record.Read([&](const v1::DeploymentState& state) {
    targets = SelectTargets(state, index_of_, index, step, plan_.version(), policy_.counts_ahead);
  });
  if (RunOutcome uncertain = JudgeUncertain(index, targets); !uncertain.ok()) return uncertain;
  const int count = static_cast<int>(targets.size());
  TargetStep calls(context_, index, step, plan_.version(), std::move(targets));
  so_far_.last_step = calls.Run(lenient ? count : std::max(tolerated, 0));
  RecordTally();
  if (so_far_.last_step.interrupt != Interrupt::kNone)
    return {.interrupt = so_far_.last_step.interrupt};
  if (so_far_.last_step.failed == 0 || step.failures_are_judged_later()) return {};
  so_far_.failed_targets += so_far_.last_step.failed;
  if (so_far_.failed_targets <= policy_.tolerated) return {};
  const RunOutcome failure{.reason = so_far_.last_step.reason,
                           .message = so_far_.last_step.message};
  if (!policy_.go_on) return failure;
  PassOver(failure);
  return {};
}

void Runner::RecordTally() {
  AtEnd([this](v1::DeploymentState& state, v1::Step& step) {
    step.set_targets_succeeded(so_far_.last_step.succeeded);
    step.set_targets_failed(so_far_.last_step.failed);
    if (step.deploy_targets().failures_are_judged_later()) {
      step.set_error(ShortError(so_far_.last_step.message, context_.text_room.step_error));
    }
    v1::DeploymentResult& result = *state.mutable_result();
    if (!policy_.is_way_back) {
      result.set_targets_updated(result.targets_updated() + so_far_.last_step.succeeded);
      result.set_targets_failed(result.targets_failed() + so_far_.last_step.failed);
    }
    AddErrors(context_.text_room, so_far_.last_step.errors, state);
    const bool has_traffic = state.phase() == v1::PHASE_DEPLOYING && !SwitchesTraffic(state.plan());
    if (has_traffic && state.targets_size() > 0) {
      state.set_traffic_percentage(100.0 * result.targets_updated() / state.targets_size());
    }
  });
}

RunOutcome Runner::JudgeUncertain(int index, const std::vector<int>& targets) {
  std::vector<std::string> names;
  v1::UncertainPolicy policy = v1::UNCERTAIN_POLICY_UNSPECIFIED;
  Change(context_.record, [&](v1::DeploymentState& state) {
    // A way back is gone on with in any case.
    const bool is_forward = state.phase() == v1::PHASE_DEPLOYING;
    if (is_forward) policy = state.on_failure().on_uncertain();
    for (const int i : targets) {
      v1::TargetState& target = *state.mutable_targets(i);
      if (!IsUncertain(target, index)) continue;
      names.push_back(target.target().id());
      if (policy == v1::UNCERTAIN_POLICY_PAUSE) target.set_phase(v1::TARGET_PHASE_UNCERTAIN);
    }
    if (names.empty() || policy != v1::UNCERTAIN_POLICY_PAUSE) return;
    state.set_status(v1::STATUS_PAUSED);
    state.set_message(absl::StrCat(UncertainText(names),
                                   "; `sluice resume` asks them and deploys again where need be"));
    context_.control.Pause();
  });
  if (names.empty() || policy != v1::UNCERTAIN_POLICY_ROLLBACK) return {};
  return {.reason = v1::REASON_UNCERTAIN, .message = UncertainText(names)};
}

RunOutcome Runner::Do(const v1::CheckSuccessRate& step) {
  const int attempted = so_far_.last_step.succeeded + so_far_.last_step.failed;
  const double rate =
      attempted == 0 ? 1.0 : static_cast<double>(so_far_.last_step.succeeded) / attempted;
  if (rate >= step.threshold()) return {};
  AtEnd([stage = step.stage()](v1::DeploymentState& state, v1::Step&) {
    (*state.mutable_metadata())["stopped_at_stage"] = absl::StrCat(stage);
  });
  return {.reason = v1::REASON_SUCCESS_RATE,
          .message = absl::StrCat("stage ", PercentText(step.stage()), ": ",
                                  so_far_.last_step.succeeded, " of ", attempted,
                                  " targets succeeded, ", PercentText(step.threshold() * 100),
                                  " must; ", so_far_.last_step.message)};
}

void Runner::PassOver(const RunOutcome& failure) {
  if (so_far_.passed_over.ok()) so_far_.passed_over = failure;
  AtEnd([text = ShortError(failure.message, context_.text_room.step_error)](
            v1::DeploymentState&, v1::Step& step) { step.set_error(text); });
}

RunOutcome Runner::DoWait(int index) {
  absl::Duration left;
  Change(context_.record, [&](v1::DeploymentState& state) {
    v1::Step& step = *state.mutable_plan()->mutable_steps(index);
    const absl::Time now = context_.clock.Now();
    left = WaitLeft(step, now);
    step.clear_wait_left();
    *step.mutable_wait_until() = ToTimestamp(now + left);
    // A pause that came since the step began found no wait.
    if (state.status() == v1::STATUS_PAUSED) FreezeWait(state, now);
    context_.control.AnnounceWait();
  });
  return {.interrupt = context_.control.Wait(left)};
}

RunOutcome Runner::Do(int index, const v1::Gate& step) {
  // The verbs act under the record's lock: no full promote can come between the look and the pause.
  const absl::Status paused = context_.record.Update([&](v1::DeploymentState& state) {
    v1::Step& record = *state.mutable_plan()->mutable_steps(index);
    const bool was_opened = record.gate_reached() && state.status() != v1::STATUS_PAUSED;
    if (context_.control.promoted_all() || was_opened) return absl::AlreadyExistsError("promoted");
    record.set_gate_reached(true);
    state.set_status(v1::STATUS_PAUSED);
    state.set_message(absl::StrCat(step.message(), " `sluice promote` goes on"));
    context_.control.Pause();
    context_.control.AnnounceWait();
    return absl::OkStatus();
  });
  if (absl::IsAlreadyExists(paused)) return {};
  if (!paused.ok()) return {.reason = v1::REASON_INTERNAL, .message = paused.ToString()};
  return {.interrupt = context_.control.Gate()};
}

void Runner::BeginStep(int index) {
  Change(context_.record, [&](v1::DeploymentState& state) {
    state.set_current_step(index);
    v1::Step& step = *state.mutable_plan()->mutable_steps(index);
    if (step.status() == v1::STEP_STATUS_RUNNING) return;  // In an earlier run of the daemon.
    step.set_status(v1::STEP_STATUS_RUNNING);
    *step.mutable_start_time() = ToTimestamp(context_.clock.Now());
    if (MovesTraffic(step)) NoteCallBegins(state);
  });
}

void Runner::EndStep(int index, const RunOutcome& outcome) {
  Change(context_.record, [&](v1::DeploymentState& state) {
    v1::Step& step = *state.mutable_plan()->mutable_steps(index);
    step.set_status(outcome.ok() ? v1::STEP_STATUS_DONE : v1::STEP_STATUS_FAILED);
    for (const StepChange& change : at_end_) change(state, step);
    at_end_.clear();
    if (!outcome.ok()) step.set_error(ShortError(outcome.message, context_.text_room.step_error));
    const bool is_forward = state.phase() == v1::PHASE_DEPLOYING;
    if (is_forward && outcome.reason != v1::REASON_UNSPECIFIED) state.set_reason(outcome.reason);
    *step.mutable_end_time() = ToTimestamp(context_.clock.Now());
    step.clear_wait_until();
    step.clear_wait_left();
    if (outcome.ok()) state.set_current_step(index + 1);
  });
  context_.control.Progress();
}

}  // namespace sluice
