// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/runner.h"

#include <algorithm>
#include <atomic>
#include <unordered_map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/thread.h"
#include "base/timestamp.h"
#include "strategy/steps.h"

namespace sluice {

Runner::Runner(RunContext context, Policy policy) : context_(context), policy_(policy) {}

RunOutcome Runner::Run() {
  int index = 0;
  context_.record.Read([&](const v1::DeploymentState& state) {
    plan_ = state.plan();
    version_ = state.version();
    index = state.current_step();
  });
  for (; index < plan_.steps_size(); ++index) {
    if (const Interrupt interrupt = context_.control.SafePoint(); interrupt != Interrupt::kNone) {
      return {.interrupt = interrupt};
    }
    BeginStep(index);
    RunOutcome outcome = RunStep(index, plan_.steps(index));
    EndStep(index, outcome.ok());
    if (!outcome.ok()) return outcome;
  }
  Change(context_.record,
         [&](v1::DeploymentState& state) { state.set_current_step(plan_.steps_size()); });
  return passed_over_;
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
      return Do(index, step.wait());
    case v1::Step::kGate:
      return Do(step.gate());
    case v1::Step::ACTION_NOT_SET:
      break;
  }
  return {.reason = v1::REASON_INTERNAL, .message = absl::StrCat("step ", index, " is empty")};
}

RunOutcome Runner::Do(int index, const v1::DeployTargets& step) {
  // Failures that a check judges later, or that are passed over, stop nothing here.
  const bool lenient = policy_.go_on || step.failures_are_judged_later();
  const int tolerated = policy_.tolerated - failed_targets_;
  std::vector<int> targets = Select(step);
  const int count = static_cast<int>(targets.size());
  TargetStep calls(context_, index, step, plan_.version(), std::move(targets));
  last_step_ = calls.Run(lenient ? count : std::max(tolerated, 0));
  Change(context_.record, [&](v1::DeploymentState& state) {
    v1::Step& record = *state.mutable_plan()->mutable_steps(index);
    record.set_targets_succeeded(last_step_.succeeded);
    record.set_targets_failed(last_step_.failed);
    if (state.phase() == v1::PHASE_DEPLOYING && state.targets_size() > 0) {
      state.set_traffic_percentage(100.0 * state.result().targets_updated() / state.targets_size());
    }
  });
  if (last_step_.interrupt != Interrupt::kNone) return {.interrupt = last_step_.interrupt};
  if (last_step_.failed == 0 || step.failures_are_judged_later()) return {};
  failed_targets_ += last_step_.failed;
  if (failed_targets_ <= policy_.tolerated) return {};
  const RunOutcome failure{.reason = last_step_.reason, .message = last_step_.message};
  if (!policy_.go_on) return failure;
  if (passed_over_.ok()) passed_over_ = failure;
  return {};
}

RunOutcome Runner::Do(const v1::CheckSuccessRate& step) {
  const int attempted = last_step_.succeeded + last_step_.failed;
  const double rate = attempted == 0 ? 1.0 : static_cast<double>(last_step_.succeeded) / attempted;
  if (rate >= step.threshold()) return {};
  Change(context_.record, [&](v1::DeploymentState& state) {
    (*state.mutable_metadata())["stopped_at_stage"] = absl::StrCat(step.stage());
  });
  return {
      .reason = v1::REASON_SUCCESS_RATE,
      .message = absl::StrCat("stage ", PercentText(step.stage()), ": ", last_step_.succeeded,
                              " of ", attempted, " targets succeeded, ",
                              PercentText(step.threshold() * 100), " must; ", last_step_.message)};
}

RunOutcome Runner::Do(const v1::SetTraffic& step) {
  const auto call = [&](TrafficRouter& router, std::stop_token stop) {
    return router.SetTraffic(RouteTo(version_), step.percentage(), std::move(stop));
  };
  RunOutcome outcome = Routed(call, absl::StrCat("traffic to ", PercentText(step.percentage())));
  if (outcome.ok()) RecordTraffic(step.percentage());
  return outcome;
}

RunOutcome Runner::Do(const v1::SwitchTraffic& step) {
  // A switch needs everything before it to have succeeded.
  if (!passed_over_.ok()) return passed_over_;
  const auto call = [&](TrafficRouter& router, std::stop_token stop) {
    return router.Switch(RouteTo(plan_.version()), step.slot(), std::move(stop));
  };
  RunOutcome outcome;
  if (!step.record_only()) outcome = Routed(call, absl::StrCat("switch to ", step.slot()));
  if (outcome.interrupt != Interrupt::kNone) return outcome;
  if (!outcome.ok() && !step.failure_is_tolerated()) {
    Change(context_.record, [&](v1::DeploymentState& state) {
      state.mutable_result()->set_targets_failed(state.result().targets_failed() + 1);
    });
  }
  if (!outcome.ok() && !step.failure_is_tolerated()) return outcome;
  Change(context_.record, [&](v1::DeploymentState& state) {
    (*state.mutable_metadata())["active_slot"] = step.slot();
    state.set_traffic_percentage(100);
  });
  if (!outcome.ok()) passed_over_ = outcome;
  return {};
}

RunOutcome Runner::Do(const v1::SetFlag& step) {
  const auto call = [&](TrafficRouter& router, std::stop_token stop) {
    return router.SetFlag(RouteTo(version_), step.name(), step.percentage(), std::move(stop));
  };
  RunOutcome outcome = Routed(call, absl::StrCat("flag ", step.name()));
  if (!outcome.ok()) return outcome;
  Change(context_.record, [&](v1::DeploymentState& state) {
    (*state.mutable_metadata())["flag_name"] = step.name();
  });
  RecordTraffic(step.percentage());
  return outcome;
}

RunOutcome Runner::Do(int index, const v1::Wait& step) {
  const absl::Duration duration = FromProtoDuration(step.duration());
  Change(context_.record, [&](v1::DeploymentState& state) {
    *state.mutable_plan()->mutable_steps(index)->mutable_wait_until() =
        ToTimestamp(context_.clock.Now() + duration);
    context_.control.AnnounceWait();
  });
  return {.interrupt = context_.control.Wait(duration)};
}

RunOutcome Runner::Do(const v1::Gate& step) {
  // The verbs act under the record's lock: no full promote can come between the look and the pause.
  const absl::Status paused = context_.record.Update([&](v1::DeploymentState& state) {
    if (context_.control.promoted_all()) return absl::AlreadyExistsError("promoted");
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
    step.set_status(v1::STEP_STATUS_RUNNING);
    *step.mutable_start_time() = ToTimestamp(context_.clock.Now());
  });
}

void Runner::EndStep(int index, bool ok) {
  Change(context_.record, [&](v1::DeploymentState& state) {
    v1::Step& step = *state.mutable_plan()->mutable_steps(index);
    step.set_status(ok ? v1::STEP_STATUS_DONE : v1::STEP_STATUS_FAILED);
    *step.mutable_end_time() = ToTimestamp(context_.clock.Now());
    step.clear_wait_until();
    if (ok) state.set_current_step(index + 1);
  });
  context_.control.Progress();
}

std::vector<int> Runner::Select(const v1::DeployTargets& step) const {
  std::vector<int> selected;
  context_.record.Read([&](const v1::DeploymentState& state) {
    if (!step.has_up_to_percentage()) {
      std::unordered_map<std::string, int> index_of;
      for (int i = 0; i < state.targets_size(); ++i) index_of[state.targets(i).target().id()] = i;
      for (const std::string& id : step.target_ids()) selected.push_back(index_of.at(id));
      return;
    }
    const int wanted =
        std::max(1, static_cast<int>(state.targets_size() * step.up_to_percentage() / 100));
    const int missing = wanted - state.result().targets_updated();
    for (int i = 0; i < state.targets_size(); ++i) {
      if (static_cast<int>(selected.size()) >= missing) return;
      if (state.targets(i).target().version() != plan_.version()) selected.push_back(i);
    }
  });
  return selected;
}

void Runner::RecordTraffic(double percentage) {
  Change(context_.record,
         [&](v1::DeploymentState& state) { state.set_traffic_percentage(percentage); });
}

absl::Status Runner::CallRouter(const RouterCall& call) {
  TrafficRouter& router = *context_.ports.router;
  const std::stop_token stop = context_.control.stop_token();
  if (router.MaxDuration() == absl::ZeroDuration()) return call(router, stop);
  absl::Status status;
  std::atomic<int> running{1};
  const auto body = [&] {
    status = call(router, stop);
    context_.control.EndCall(running);
  };
  // Not from the pool of the target calls, where it would wait behind those of other deployments.
  const auto thread = Thread::Start("router-call", body);
  if (!thread.ok()) body();  // Without a deadline, but not lost.
  context_.control.Await([&] { return running == 0; });
  return status;
}

RunOutcome Runner::Routed(const RouterCall& call, const std::string& what) {
  const absl::Status status = CallRouter(call);
  if (status.ok()) return {};
  if (const Interrupt interrupt = context_.control.interrupt(); interrupt != Interrupt::kNone) {
    return {.interrupt = interrupt};
  }
  RunOutcome failure{.reason = v1::REASON_TRAFFIC_FAILED,
                     .message = absl::StrCat(what, ": ", std::string(status.message()))};
  Change(context_.record,
         [&](v1::DeploymentState& state) { state.mutable_result()->add_errors(failure.message); });
  return failure;
}

RouteCall Runner::RouteTo(const std::string& version) const {
  RouteCall call;
  context_.record.Read([&](const v1::DeploymentState& state) {
    call = {.service = state.service(), .version = version, .deployment_id = state.id()};
  });
  return call;
}

}  // namespace sluice
