// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/target_step.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/failpoint.h"
#include "base/timestamp.h"
#include "engine/health_watch.h"
#include "engine/pausing.h"
#include "engine/port_call.h"
#include "engine/way_back.h"

namespace sluice {

TargetStep::TargetStep(const RunContext& context, int step_index, const v1::DeployTargets& step,
                       const std::string& version, std::vector<int> targets)
    : context_(context),
      step_index_(step_index),
      step_(step),
      version_(version),
      targets_(std::move(targets)),
      stop_(context.control.stop_token()),
      outcomes_(targets_.size()),
      workers_(context.control, context.target_calls) {}

bool WasBegunIn(int index, const v1::TargetState& target) {
  return target.has_step() && target.step() == index;
}

bool IsUncertain(const v1::TargetState& target, int index) {
  if (!WasBegunIn(index, target)) return false;
  return target.phase() == v1::TARGET_PHASE_DEPLOYING ||
         target.phase() == v1::TARGET_PHASE_CANCELLED;
}

v1::Reason FailureReasonOf(const v1::TargetState& target) {
  return target.health() == v1::TARGET_HEALTH_UNHEALTHY ? v1::REASON_UNHEALTHY_TARGET
                                                        : v1::REASON_DEPLOY_FAILED;
}

TargetStep::Tally TargetStep::Run(int tolerated) {
  tolerated_ = tolerated;
  Recall();
  Interrupt interrupt = Interrupt::kNone;
  while (interrupt == Interrupt::kNone && next_ < TodoEnd()) {
    interrupt = SafePoint(context_);
    if (interrupt != Interrupt::kNone) break;
    workers_.Launch(Limit(), [this] { WorkThroughTargets(); });
    interrupt = workers_.Await();
  }
  Tally tally = Collect();
  tally.interrupt = interrupt;
  return tally;
}

void TargetStep::Recall() {
  context_.record.Read([&](const v1::DeploymentState& state) {
    for (size_t i = 0; i < targets_.size(); ++i) {
      const v1::TargetState& target = state.targets(targets_[i]);
      const bool is_begun = WasBegunIn(step_index_, target);
      const bool has_failed = is_begun && target.phase() == v1::TARGET_PHASE_FAILED;
      const bool has_succeeded = is_begun && (target.phase() == v1::TARGET_PHASE_SUCCEEDED ||
                                              target.phase() == v1::TARGET_PHASE_ROLLED_BACK);
      if (!has_failed && !has_succeeded) {
        todo_.insert(is_begun ? todo_.begin() + static_cast<ptrdiff_t>(begun_) : todo_.end(), i);
        if (is_begun) ++begun_;
        continue;
      }
      outcomes_[i].attempted = true;
      if (has_succeeded) continue;
      outcomes_[i].reason = FailureReasonOf(target);
      outcomes_[i].error = target.error();
      if (++failures_ > tolerated_) give_up_ = true;
    }
  });
}

size_t TargetStep::Limit() const {
  const size_t left = TodoEnd() - next_;
  return step_.max_concurrent() > 0 ? std::min<size_t>(left, step_.max_concurrent()) : left;
}

void TargetStep::WorkThroughTargets() {
  while (context_.control.MayBeginCall()) {
    const size_t next = next_++;
    if (next >= TodoEnd()) break;
    const size_t i = todo_[next];
    outcomes_[i] = DeployOne(targets_[i]);
    if (!outcomes_[i].error.empty() && ++failures_ > tolerated_) give_up_ = true;
    context_.control.Progress();
  }
}

TargetCall TargetStep::CallOf(int index, const v1::DeploymentState& state) const {
  const v1::TargetState& target = state.targets(index);
  const bool back = state.phase() == v1::PHASE_ROLLING_BACK;
  return {.service = state.service(),
          .version = back ? WayBackOf(state, target) : version_,
          .target_id = target.target().id(),
          .target_address = target.target().address(),
          .deployment_id = state.id(),
          .step = step_index_,
          .attempt = target.attempts(),
          .epoch = context_.epoch};
}

TargetCall TargetStep::BeginCall(int index) {
  TargetCall call;
  Change(context_.record, [&](v1::DeploymentState& state) {
    v1::TargetState& target = *state.mutable_targets(index);
    target.set_step(step_index_);
    target.set_phase(v1::TARGET_PHASE_DEPLOYING);
    target.set_health(v1::TARGET_HEALTH_UNSPECIFIED);
    target.set_attempts(target.attempts() + 1);
    if (!target.has_start_time()) *target.mutable_start_time() = ToTimestamp(context_.clock.Now());
    target.clear_end_time();
    target.clear_error();
    NoteCallBegins(state);
    call = CallOf(index, state);
  });
  return call;
}

CallResult TargetStep::BringTo(int index, TargetCall& call) {
  v1::TargetPhase phase = v1::TARGET_PHASE_UNSPECIFIED;
  context_.record.Read([&](const v1::DeploymentState& state) {
    call = CallOf(index, state);
    if (WasBegunIn(step_index_, state.targets(index))) phase = state.targets(index).phase();
  });
  if (phase == v1::TARGET_PHASE_CHECKING_HEALTH) return {};
  if (phase != v1::TARGET_PHASE_UNSPECIFIED) {
    SLUICE_FAILPOINT("deployer.before_probe");
    const absl::StatusOr<std::string> running =
        CallPort([&] { return context_.ports.deployer->RunningVersion(call, stop_); });
    if (running.ok() && *running == call.version) {
      ForgetCancelledCall(index);
      return {};
    }
  }
  call = BeginCall(index);
  // Nothing is touched unless it will be known after a restart that it may have been.
  if (absl::Status status = context_.record.AwaitDurable(); !status.ok()) {
    context_.control.Stop(Interrupt::kShutdown);
    context_.control.CancelCalls();
    return {.status = status};
  }
  SLUICE_FAILPOINT("deployer.before_call");
  CallResult result = CallPort([&] { return context_.ports.deployer->Deploy(call, stop_); });
  SLUICE_FAILPOINT("deployer.after_call");
  return result;
}

void TargetStep::ForgetCancelledCall(int index) {
  Change(context_.record, [&](v1::DeploymentState& state) {
    v1::TargetState& target = *state.mutable_targets(index);
    if (target.error().empty()) return;
    target.clear_end_time();
    target.clear_error();
    target.clear_output();
  });
}

TargetStep::Outcome TargetStep::DeployOne(int index) {
  TargetCall call;
  const CallResult result = BringTo(index, call);
  if (!result.status.ok()) {
    return End(index, v1::REASON_DEPLOY_FAILED, result.status, {.output = result.output});
  }
  const bool check = !step_.skip_health_check();
  Change(context_.record, [&](v1::DeploymentState& state) {
    v1::TargetState& target = *state.mutable_targets(index);
    target.mutable_target()->set_version(call.version);
    if (check) target.set_phase(v1::TARGET_PHASE_CHECKING_HEALTH);
  });
  Outcome outcome =
      check ? CheckOne(index, call) : End(index, v1::REASON_UNSPECIFIED, absl::OkStatus(), {});
  // What the deployer printed helps to understand a target that does not get healthy.
  if (!outcome.error.empty()) {
    Change(context_.record, [&](v1::DeploymentState& state) {
      SetOutput(context_.text_room, result.output, index, state);
    });
  }
  return outcome;
}

TargetStep::Outcome TargetStep::CheckOne(int index, const TargetCall& call) {
  const auto on_answer = [&](const std::string& words) {
    Change(context_.record, [&](v1::DeploymentState& state) {
      SetLastCheck(context_.text_room, words, *state.mutable_targets(index));
    });
  };
  const HealthVerdict verdict =
      AwaitHealthy(*context_.ports.health_check, context_.ports.health_policy, call, context_.clock,
                   stop_, on_answer);
  return End(index, v1::REASON_UNHEALTHY_TARGET, verdict.status,
             {.last_check = verdict.last_answer});
}

TargetStep::Outcome TargetStep::End(int index, v1::Reason reason, const absl::Status& status,
                                    const Words& words) {
  Outcome outcome{.attempted = true};
  outcome.cancelled = !status.ok() && stop_.stop_requested();
  if (!status.ok()) {
    outcome.reason = reason;
    outcome.error = status.message().empty() ? absl::StatusCodeToString(status.code())
                                             : ShortError(status.message(), kMaxErrorBytes);
  }
  Change(context_.record, [&](v1::DeploymentState& state) {
    v1::TargetState& target = *state.mutable_targets(index);
    const bool back = state.phase() == v1::PHASE_ROLLING_BACK;
    *target.mutable_end_time() = ToTimestamp(context_.clock.Now());
    if (!words.last_check.empty()) SetLastCheck(context_.text_room, words.last_check, target);
    if (status.ok()) {
      target.set_phase(back ? v1::TARGET_PHASE_ROLLED_BACK : v1::TARGET_PHASE_SUCCEEDED);
      if (!step_.skip_health_check()) target.set_health(v1::TARGET_HEALTH_HEALTHY);
      return;
    }
    target.set_phase(outcome.cancelled ? v1::TARGET_PHASE_CANCELLED : v1::TARGET_PHASE_FAILED);
    if (reason == v1::REASON_UNHEALTHY_TARGET && !outcome.cancelled) {
      target.set_health(v1::TARGET_HEALTH_UNHEALTHY);
    }
    SetFailureText(context_.text_room, outcome.error, words.output, index, state);
  });
  return outcome;
}

TargetStep::Tally TargetStep::Collect() const {
  Tally tally;
  context_.record.Read([&](const v1::DeploymentState& state) {
    for (size_t i = 0; i < targets_.size(); ++i) {
      const Outcome& outcome = outcomes_[i];
      if (!outcome.attempted || outcome.cancelled) continue;
      if (outcome.error.empty()) {
        ++tally.succeeded;
        continue;
      }
      ++tally.failed;
      tally.errors.push_back(
          absl::StrCat("target ", state.targets(targets_[i]).target().id(), ": ", outcome.error));
      if (tally.failed == 1) {
        tally.reason = outcome.reason;
        tally.message = tally.errors.front();
      }
    }
  });
  return tally;
}

}  // namespace sluice
