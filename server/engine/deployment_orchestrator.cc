// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/deployment_orchestrator.h"

#include <atomic>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "engine/call_workers.h"
#include "engine/deploy_request.h"
#include "engine/fleet.h"
#include "engine/port_call.h"
#include "engine/verb_request.h"
#include "engine/way_back.h"
#include "strategy/create_strategy.h"
#include "strategy/deployment_state.h"

namespace sluice {
namespace {

void EndRolledBack(v1::DeploymentState& state, absl::Time now) {
  FinishRollback(state, now);
  // Of the new version. A service-based strategy's own last step says it.
  if (IsTargetBased(state.strategy_options())) state.set_traffic_percentage(0);
}

// What is known only at the end.
void Conclude(v1::DeploymentState& state) {
  state.clear_stop_requested();
  *state.mutable_fleet() = FleetOf(state);
  const absl::Duration took = FromTimestamp(state.end_time()) - FromTimestamp(state.start_time());
  state.mutable_result()->set_duration_ms(state.has_start_time() ? absl::ToInt64Milliseconds(took)
                                                                 : 0);
}

// Between the look at the control and the change: look again.
absl::Status VerbCameFirst() { return absl::AbortedError("a verb came first"); }

void EndFailed(v1::DeploymentState& state, v1::Reason reason, const std::string& message,
               absl::Time now) {
  std::string text = message;
  // The first cause stays visible behind what came of it.
  const bool is_later = state.phase() == v1::PHASE_ROLLING_BACK && !state.message().empty();
  if (is_later) absl::StrAppend(&text, "; it began with: ", state.message());
  Fail(state, reason, ShortError(text, kMaxMessageBytes), now);
  Conclude(state);
}

}  // namespace

void DeploymentOrchestrator::Run() {
  v1::Status status = v1::STATUS_UNSPECIFIED;
  v1::Phase phase = v1::PHASE_UNSPECIFIED;
  context_.record.Read([&](const v1::DeploymentState& state) {
    status = state.status();
    phase = state.phase();
  });
  if (IsTerminal(status)) return;
  phase == v1::PHASE_ROLLING_BACK ? Rollback() : Deploy();
}

void DeploymentOrchestrator::Deploy() {
  context_.control.Progress();
  if (const Interrupt interrupt = SafePoint(context_); interrupt != Interrupt::kNone) {
    return Settle({.interrupt = interrupt});
  }
  LearnPreviousVersions();
  Settle(Runner(context_, Policy()).Run());
}

void BeginDeployment(v1::DeploymentState& state, absl::Time now) {
  if (state.status() != v1::STATUS_PENDING) return;
  state.set_status(v1::STATUS_IN_PROGRESS);
  *state.mutable_start_time() = ToTimestamp(now);
}

void DeploymentOrchestrator::LearnPreviousVersions() {
  const std::vector<int> unknown = TargetsToAsk();
  std::vector<absl::StatusOr<std::string>> answers(unknown.size());
  // Answers may have been cut short by a shutdown: the next start asks again.
  if (AskTargets(unknown, answers) == Interrupt::kShutdown && context_.epoch > 0) return;
  RecordPreviousVersions(unknown, answers);
}

Interrupt DeploymentOrchestrator::AskTargets(const std::vector<int>& unknown,
                                             std::vector<absl::StatusOr<std::string>>& answers) {
  if (unknown.empty() || !context_.ports.deployer->TellsVersion()) return Interrupt::kNone;
  std::atomic<size_t> next{0};
  CallWorkers workers(context_.control, context_.target_calls);
  workers.Launch(unknown.size(), [&, stop = context_.control.stop_token()] {
    for (size_t i = next++; i < unknown.size() && !stop.stop_requested(); i = next++) {
      answers[i] = AskTarget(unknown[i]);
    }
  });
  return workers.Await();
}

std::vector<int> DeploymentOrchestrator::TargetsToAsk() const {
  std::vector<int> unknown;
  context_.record.Read([&](const v1::DeploymentState& state) {
    for (int i = 0; i < state.targets_size(); ++i) {
      const v1::TargetState& target = state.targets(i);
      const bool untouched = target.attempts() == 0;
      if (untouched && target.previous_version().empty()) unknown.push_back(i);
    }
  });
  return unknown;
}

void DeploymentOrchestrator::RecordPreviousVersions(
    const std::vector<int>& asked, const std::vector<absl::StatusOr<std::string>>& answers) {
  // In one change: whether all were asked must not look different after a crash in between.
  Change(context_.record, [&](v1::DeploymentState& state) {
    for (size_t i = 0; i < asked.size(); ++i) {
      v1::TargetState& target = *state.mutable_targets(asked[i]);
      // A target that does not tell runs what the configuration says.
      if (answers[i].ok()) target.mutable_target()->set_version(*answers[i]);
      target.set_previous_version(target.target().version());
    }
    std::set<std::string> versions;
    for (const v1::TargetState& target : state.targets()) {
      versions.insert(target.previous_version());
    }
    if (versions.size() != 1 || *versions.begin() == state.version()) return;
    const bool all_were_asked = static_cast<int>(asked.size()) == state.targets_size();
    if (state.previous_version().empty() || (all_were_asked && !versions.begin()->empty())) {
      state.set_previous_version(*versions.begin());
    }
  });
}

absl::StatusOr<std::string> DeploymentOrchestrator::AskTarget(int index) {
  TargetCall call;
  context_.record.Read([&](const v1::DeploymentState& state) {
    const v1::Target& target = state.targets(index).target();
    call = {.service = state.service(),
            .version = state.version(),
            .target_id = target.id(),
            .target_address = target.address(),
            .deployment_id = state.id(),
            .epoch = context_.epoch};
  });
  return CallPort(
      [&] { return context_.ports.deployer->RunningVersion(call, context_.control.stop_token()); });
}

void DeploymentOrchestrator::Settle(const RunOutcome& outcome) {
  switch (outcome.interrupt) {
    case Interrupt::kAbort:
      return FailWith(v1::REASON_ABORTED,
                      InTheirWords("aborted") + "; what was done until then stays");
    case Interrupt::kShutdown:
      if (context_.epoch > 0) return;  // The next start goes on with it.
      return FailWith(v1::REASON_SHUTDOWN,
                      "the daemon was shut down; what was done until then stays");
    case Interrupt::kRollback:
      return RollBack(v1::REASON_ROLLBACK_REQUESTED, InTheirWords("rollback requested"));
    case Interrupt::kDeadline:
      return FollowPolicy({.reason = v1::REASON_PROGRESS_DEADLINE,
                           .message = "no progress within the progress deadline"});
    case Interrupt::kNone:
      break;
  }
  if (outcome.ok()) return Finish();
  FollowPolicy(outcome);
}

std::string DeploymentOrchestrator::InTheirWords(const std::string& what) const {
  std::string text;
  context_.record.Read(
      [&](const v1::DeploymentState& state) { text = WithControlReason(what, state); });
  return text;
}

Runner::Policy DeploymentOrchestrator::Policy() const {
  Runner::Policy policy;
  policy.counts_ahead = true;
  context_.record.Read([&](const v1::DeploymentState& state) {
    policy.go_on = state.on_failure().policy() == v1::FAILURE_POLICY_CONTINUE;
    policy.tolerated = state.on_failure().max_failed_targets();
  });
  return policy;
}

void DeploymentOrchestrator::FollowPolicy(const RunOutcome& outcome) {
  bool roll_back = false;
  Change(context_.record, [&](v1::DeploymentState& state) {
    // A rollback that a person asked for in the meantime was promised.
    roll_back = state.on_failure().policy() == v1::FAILURE_POLICY_ROLLBACK ||
                context_.control.interrupt() == Interrupt::kRollback ||
                // That is what on_uncertain says.
                outcome.reason == v1::REASON_UNCERTAIN;
    if (!roll_back) EndFailed(state, outcome.reason, outcome.message, context_.clock.Now());
  });
  if (roll_back) RollBack(outcome.reason, outcome.message);
}

void DeploymentOrchestrator::Finish() {
  while (true) {
    const Interrupt interrupt = SafePoint(context_);
    if (interrupt != Interrupt::kNone) return Settle({.interrupt = interrupt});
    // The verbs act under the record's lock: none can come between this check and the end.
    const absl::Status ended = context_.record.Update([&](v1::DeploymentState& state) {
      if (context_.control.paused() || context_.control.interrupt() != Interrupt::kNone) {
        return VerbCameFirst();
      }
      if (state.phase() == v1::PHASE_ROLLING_BACK) {
        EndRolledBack(state, context_.clock.Now());
      } else {
        Complete(state, context_.clock.Now());
      }
      Conclude(state);
      return absl::OkStatus();
    });
    if (ended.ok()) return;
    if (!absl::IsAborted(ended)) {
      return FailWith(v1::REASON_INTERNAL, std::string(ended.message()));
    }
  }
}

void DeploymentOrchestrator::RollBack(v1::Reason reason, const std::string& message) {
  std::string obstacle;
  absl::Status begun = VerbCameFirst();
  while (absl::IsAborted(begun)) {
    EndPausing(context_.record);
    const Interrupt interrupt = context_.control.AwaitWayBack();
    if (interrupt >= Interrupt::kAbort) return Settle({.interrupt = interrupt});
    begun = context_.record.Update([&](v1::DeploymentState& state) {
      const bool is_held = context_.control.HoldsWayBack();
      if (is_held || context_.control.interrupt() >= Interrupt::kAbort) return VerbCameFirst();
      state.set_reason(reason);
      state.set_message(ShortError(message, kMaxMessageBytes));
      obstacle = NoWayBack(state);
      if (!obstacle.empty()) return absl::OkStatus();
      context_.control.BeginRollback();
      StartRollback(state);
      return absl::OkStatus();
    });
  }
  if (obstacle.empty()) return Rollback();
  FailWith(v1::REASON_NO_PREVIOUS_VERSION, absl::StrCat(message, "; not rolled back: ", obstacle));
}

void StartRollback(v1::DeploymentState& state) {
  state.set_status(v1::STATUS_IN_PROGRESS);
  state.set_phase(v1::PHASE_ROLLING_BACK);
  state.set_pausing(false);
  state.clear_end_time();
  state.clear_fleet();
  // Not when a rollback is tried again.
  if (!state.has_deploy_plan()) state.mutable_deploy_plan()->Swap(state.mutable_plan());
  *state.mutable_plan() = PlanRollback(state);
  state.set_current_step(0);
  state.clear_stop_requested();
  state.clear_promoted_all();
  for (v1::TargetState& target : *state.mutable_targets()) target.clear_step();
}

void DeploymentOrchestrator::Rollback() {
  context_.control.Progress();
  // Going on past failures: what can be brought back is brought back.
  const RunOutcome outcome = Runner(context_, {.go_on = true, .is_way_back = true}).Run();
  if (outcome.interrupt == Interrupt::kDeadline) {
    return FailWith(v1::REASON_ROLLBACK_FAILED,
                    "the rollback made no progress within the progress deadline");
  }
  if (outcome.interrupt != Interrupt::kNone) return Settle(outcome);
  if (!outcome.ok()) {
    return FailWith(v1::REASON_ROLLBACK_FAILED,
                    absl::StrCat("the rollback is incomplete: ", outcome.message));
  }
  Finish();
}

void DeploymentOrchestrator::FailInternally(const std::string& what) {
  Change(context_.record, [&](v1::DeploymentState& state) {
    if (IsTerminal(state.status())) return;
    EndFailed(state, v1::REASON_INTERNAL, ToValidUtf8(what), context_.clock.Now());
  });
}

void DeploymentOrchestrator::FailWith(v1::Reason reason, const std::string& message) {
  Change(context_.record, [&](v1::DeploymentState& state) {
    EndFailed(state, reason, message, context_.clock.Now());
  });
}

}  // namespace sluice
