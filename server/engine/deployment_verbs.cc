// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The manager's verbs: what steers a deployment that is there.

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/timestamp.h"
#include "base/violations.h"
#include "engine/deployment_job.h"
#include "engine/deployment_manager.h"
#include "engine/deployment_orchestrator.h"
#include "engine/fleet.h"
#include "engine/pausing.h"
#include "engine/verb_request.h"
#include "engine/wait_record.h"
#include "engine/way_back.h"
#include "spdlog/spdlog.h"
#include "strategy/deployment_state.h"

namespace sluice {
namespace {

// Not on the way back: why it goes back must stay to be read.
void Say(const std::string& message, v1::DeploymentState& state) {
  if (state.phase() != v1::PHASE_ROLLING_BACK) state.set_message(message);
}

// Whose abort or rollback has not been done yet is not talked over. Only once nothing can be
// refused any more: a change that fails has changed nothing.
void KeepReason(Verb verb, const std::string& reason, v1::DeploymentState& state) {
  const bool is_stopping = state.stop_requested() != v1::REASON_UNSPECIFIED;
  if (verb == Verb::kAbort || !is_stopping) state.set_control_reason(reason);
}

absl::Status NothingToPromote(const v1::DeploymentState& state) {
  return absl::FailedPreconditionError(absl::StrCat(
      "cannot promote deployment ", state.id(), ": it is ", StatusName(state.status()),
      " and does not wait; promote it at its next wait, or past all of them with full (`--full`)"));
}

}  // namespace

absl::StatusOr<SnapshotPtr> DeploymentManager::Rollback(const v1::RollbackRequest& request,
                                                        const std::string& requester) {
  SLUICE_RETURN_IF_ERROR(ValidateRollback(request));
  JobPtr running;
  absl::StatusOr<SnapshotPtr> result;
  {
    MutexLock lock(mutex_);
    result = AcceptRollback(request, {requester, request.request_id()}, running);
  }
  if (running != nullptr) CutShort(*running);
  return result;
}

absl::StatusOr<SnapshotPtr> DeploymentManager::AcceptRollback(const v1::RollbackRequest& request,
                                                              const RequestLog::Name& name,
                                                              JobPtr& running) {
  SLUICE_ASSIGN_OR_RETURN(const std::optional<std::string> made, requests_.Find(name, request));
  if (made.has_value()) return MadeBefore(*made, request.request_id());
  SLUICE_RETURN_IF_ERROR(CheckAccepting());
  SLUICE_RETURN_IF_ERROR(MakeRoomFor(name));
  SLUICE_ASSIGN_OR_RETURN(const std::string id, request.has_service()
                                                    ? registry_.LatestOf(request.service())
                                                    : registry_.Resolve(request.deployment_id()));
  running = FindRunning(id);
  const RequestLog::Entry entry = RequestLog::MakeEntry(name, request, id, clock_.Now());
  absl::StatusOr<SnapshotPtr> result = running != nullptr ? RollBackRunning(running, request, entry)
                                                          : RollBackEnded(id, request, entry);
  if (result.ok()) requests_.Add(entry, clock_.Monotonic());
  return result;
}

absl::StatusOr<SnapshotPtr> DeploymentManager::RollBackRunning(const JobPtr& job,
                                                               const v1::RollbackRequest& request,
                                                               const RequestLog::Entry& entry) {
  bool never_ran = false;
  const auto change = [&](v1::DeploymentState& state) {
    SLUICE_RETURN_IF_ERROR(CheckVerb(Verb::kRollback, state));
    if (IsTerminal(state.status())) {
      return absl::FailedPreconditionError("it is just ending; try again");
    }
    SLUICE_RETURN_IF_ERROR(CheckRollback(request, state, job->control.interrupt()));
    if (state.phase() == v1::PHASE_ROLLING_BACK) {
      state.set_status(v1::STATUS_IN_PROGRESS);
      ThawWait(state, job->clock.Now());
      job->control.Resume();
      return absl::OkStatus();
    }
    SLUICE_RETURN_IF_ERROR(SetWayBack(request.to_version(), state));
    state.set_control_reason(request.reason());
    if (state.status() == v1::STATUS_PENDING) {
      state.set_reason(v1::REASON_ROLLBACK_REQUESTED);
      state.set_message(WithControlReason("rolled back before anything was touched", state));
      FinishRollback(state, job->clock.Now());
      *state.mutable_fleet() = FleetOf(state);
      never_ran = true;
      return absl::OkStatus();
    }
    state.set_status(v1::STATUS_IN_PROGRESS);
    state.set_pausing(false);
    state.set_stop_requested(v1::REASON_ROLLBACK_REQUESTED);
    job->control.Stop(Interrupt::kRollback);
    return absl::OkStatus();
  };
  SLUICE_RETURN_IF_ERROR(registry_.Update(job->id, change, entry));
  spdlog::info("event=rollback_requested deployment={} reason={}", job->id,
               Quoted(request.reason()));
  if (never_ran) ForgetUnbegun(job);
  return registry_.Latest(job->id);
}

absl::StatusOr<SnapshotPtr> DeploymentManager::RollBackEnded(const std::string& id,
                                                             const v1::RollbackRequest& request,
                                                             const RequestLog::Entry& entry) {
  SLUICE_ASSIGN_OR_RETURN(const SnapshotPtr before, registry_.Latest(id));
  const std::string& service = before->state().service();
  SLUICE_RETURN_IF_ERROR(CheckVerb(Verb::kRollback, before->state()));
  SLUICE_RETURN_IF_ERROR(CheckFree(service));
  SLUICE_ASSIGN_OR_RETURN(const std::string latest, registry_.LatestOf(service));
  if (latest != id) {
    return absl::FailedPreconditionError(
        absl::StrCat("cannot roll back deployment ", id, ": deployment ", latest, " of ", service,
                     " came after it; roll that one back, with to_version if need be"));
  }
  v1::DeploymentState after = before->state();
  SLUICE_RETURN_IF_ERROR(SetWayBack(request.to_version(), after));
  if (const std::string obstacle = NoWayBack(after); !obstacle.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat("cannot roll back deployment ", id, ": ", obstacle, "; name a to_version"));
  }
  SLUICE_ASSIGN_OR_RETURN(ServiceDefinitionPtr definition, DefinitionFor(after));
  const auto job = std::make_shared<DeploymentJob>(after, std::move(definition), clock_);
  // It does not wait for others to end, which may stand at a gate for days.
  SLUICE_RETURN_IF_ERROR(Start(job, true));
  workers_.Hurry(job.get());
  const auto change = [&](v1::DeploymentState& state) {
    SLUICE_RETURN_IF_ERROR(SetWayBack(request.to_version(), state));
    state.set_control_reason(request.reason());
    state.set_reason(v1::REASON_ROLLBACK_REQUESTED);
    state.set_message(WithControlReason("rollback requested", state));
    StartRollback(state);
    return absl::OkStatus();
  };
  SLUICE_RETURN_IF_ERROR(registry_.Update(id, change, entry));
  spdlog::info("event=rollback_requested deployment={} reason={}", id, Quoted(request.reason()));
  return registry_.Latest(id);
}

absl::StatusOr<SnapshotPtr> DeploymentManager::Apply(Verb verb, const std::string& id,
                                                     const std::string& reason, const Act& act) {
  SLUICE_RETURN_IF_ERROR(ValidateVerb(id, reason));
  SLUICE_ASSIGN_OR_RETURN(const std::string whole_id, registry_.Resolve(id));
  JobPtr job;
  bool never_ran = false;
  {
    // Until the record is changed: a rollback of an ended deployment replaces its job.
    MutexLock lock(mutex_);
    SLUICE_RETURN_IF_ERROR(CheckAccepting());
    job = Find(whole_id);
    SLUICE_RETURN_IF_ERROR(registry_.Update(whole_id, [&](v1::DeploymentState& state) {
      SLUICE_RETURN_IF_ERROR(CheckVerb(verb, state));
      SLUICE_RETURN_IF_ERROR(act(state, *job));
      never_ran = IsTerminal(state.status());
      return absl::OkStatus();
    }));
    spdlog::info("event={}_requested deployment={} reason={}", VerbName(verb), whole_id,
                 Quoted(reason));
    if (never_ran) ForgetUnbegun(job);
  }
  CutShort(*job);
  return registry_.Latest(whole_id);
}

void DeploymentManager::CutShort(DeploymentJob& job) {
  job.control.CancelCalls();
  // One that waits for a worker, as the rollback of what had ended may, must not wait to be
  // stopped.
  if (job.control.interrupt() != Interrupt::kNone) workers_.Hurry(&job);
}

absl::StatusOr<SnapshotPtr> DeploymentManager::Pause(const v1::PauseRequest& request) {
  return Apply(Verb::kPause, request.deployment_id(), request.reason(),
               [&](v1::DeploymentState& state, DeploymentJob& job) {
                 KeepReason(Verb::kPause, request.reason(), state);
                 state.set_status(v1::STATUS_PAUSED);
                 state.set_pausing(HasRunningCalls(state));
                 Say(WithControlReason("paused", state), state);
                 FreezeWait(state, job.clock.Now());
                 job.control.Pause();
                 return absl::OkStatus();
               });
}

absl::StatusOr<SnapshotPtr> DeploymentManager::Resume(const v1::ResumeRequest& request) {
  return Apply(Verb::kResume, request.deployment_id(), request.reason(),
               [&](v1::DeploymentState& state, DeploymentJob& job) {
                 KeepReason(Verb::kResume, request.reason(), state);
                 state.set_status(v1::STATUS_IN_PROGRESS);
                 state.set_pausing(false);
                 Say("", state);
                 ThawWait(state, job.clock.Now());
                 job.control.Resume();
                 return absl::OkStatus();
               });
}

absl::StatusOr<SnapshotPtr> DeploymentManager::Promote(const v1::PromoteRequest& request) {
  return Apply(Verb::kPromote, request.deployment_id(), request.reason(),
               [&](v1::DeploymentState& state, DeploymentJob& job) {
                 if (!request.full() && !job.control.MayBePromoted())
                   return NothingToPromote(state);
                 KeepReason(Verb::kPromote, request.reason(), state);
                 state.set_status(v1::STATUS_IN_PROGRESS);
                 state.set_pausing(false);
                 Say("", state);
                 EndWait(state, job.clock.Now());
                 if (request.full()) state.set_promoted_all(true);
                 job.control.Promote(request.full());
                 return absl::OkStatus();
               });
}

absl::StatusOr<SnapshotPtr> DeploymentManager::Abort(const v1::AbortRequest& request) {
  return Apply(Verb::kAbort, request.deployment_id(), request.reason(),
               [&](v1::DeploymentState& state, DeploymentJob& job) {
                 KeepReason(Verb::kAbort, request.reason(), state);
                 if (state.status() == v1::STATUS_PENDING) {
                   Fail(state, v1::REASON_ABORTED,
                        WithControlReason("aborted before anything was touched", state),
                        job.clock.Now());
                   *state.mutable_fleet() = FleetOf(state);
                   return absl::OkStatus();
                 }
                 Say(WithControlReason("aborting", state), state);
                 state.set_stop_requested(v1::REASON_ABORTED);
                 job.control.Stop(Interrupt::kAbort);
                 return absl::OkStatus();
               });
}

}  // namespace sluice
