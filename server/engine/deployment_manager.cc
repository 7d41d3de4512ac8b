// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/deployment_manager.h"

#include <exception>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/timestamp.h"
#include "base/violations.h"
#include "engine/deploy_request.h"
#include "engine/deployment_orchestrator.h"
#include "engine/plan_duration.h"
#include "engine/registry_record.h"
#include "engine/verb_request.h"
#include "engine/way_back.h"
#include "spdlog/spdlog.h"
#include "strategy/deployment_state.h"

namespace sluice {
namespace {

constexpr size_t kMaxLoggedBytes = 1024;

void LogEnd(const v1::DeploymentState& state) {
  spdlog::info(
      "event=deployment_ended deployment={} service={} version={} status={} reason={} "
      "duration_ms={} message={}",
      state.id(), state.service(), state.version(), StatusName(state.status()),
      v1::Reason_Name(state.reason()), state.result().duration_ms(),
      Quoted(state.message(), kMaxLoggedBytes));
}

absl::Status NothingToPromote(const v1::DeploymentState& state) {
  return absl::FailedPreconditionError(absl::StrCat(
      "cannot promote deployment ", state.id(), ": it is ", StatusName(state.status()),
      " and does not wait; promote it at its next wait, or with full past all of them"));
}

}  // namespace

struct DeploymentManager::Job {
  Job(const v1::DeploymentState& state, ServiceDefinitionPtr service_definition, Clock& clock,
      bool is_rollback)
      : id(state.id()),
        service(state.service()),
        definition(std::move(service_definition)),
        control(clock, FromProtoDuration(state.progress_deadline())),
        rollback(is_rollback) {}

  const std::string id;
  const std::string service;
  const ServiceDefinitionPtr definition;
  Control control;
  const bool rollback;
};

DeploymentManager::DeploymentManager(Clock& clock, Registry& registry,
                                     const ServiceCatalog& catalog, const EngineLimits& limits,
                                     std::function<std::string()> make_id)
    : clock_(clock),
      registry_(registry),
      catalog_(catalog),
      make_id_(std::move(make_id)),
      target_calls_(clock, {.name = "target-call",
                            .max_threads = static_cast<size_t>(limits.max_target_calls),
                            .max_waiting = SIZE_MAX}),
      workers_(clock, {.name = "deployment",
                       .max_threads = static_cast<size_t>(limits.max_active_deployments),
                       .max_waiting = static_cast<size_t>(limits.max_pending_deployments)}) {}

DeploymentManager::~DeploymentManager() { Drain(absl::ZeroDuration(), absl::InfiniteDuration()); }

absl::StatusOr<SnapshotPtr> DeploymentManager::Deploy(const v1::DeployRequest& request) {
  const ServiceDefinitionPtr definition = catalog_.Find(request.service());
  SLUICE_RETURN_IF_ERROR(ValidateDeployRequest(request, definition.get()));
  return Accept(request, definition);
}

absl::StatusOr<SnapshotPtr> DeploymentManager::Accept(const v1::DeployRequest& request,
                                                      const ServiceDefinitionPtr& definition) {
  MutexLock lock(mutex_);
  SLUICE_ASSIGN_OR_RETURN(const std::optional<std::string> made,
                          requests_.Find(request.request_id(), request));
  if (made.has_value()) return MadeBefore(*made, request.request_id());
  SLUICE_RETURN_IF_ERROR(CheckAccepting());
  SLUICE_RETURN_IF_ERROR(CheckFree(request.service()));
  v1::DeploymentState state =
      DraftDeployment(request, *definition, registry_.MemoryOf(request.service()));
  state.set_id(make_id_());
  state.set_status(v1::STATUS_PENDING);
  const absl::Time now = clock_.Now();
  *state.mutable_create_time() = ToTimestamp(now);
  const auto job = std::make_shared<Job>(state, definition, clock_, false);
  // The worker waits for mutex_ before it looks at the record, which is there by then.
  SLUICE_RETURN_IF_ERROR(Start(job));
  spdlog::info(
      "event=deployment_accepted deployment={} service={} version={} strategy={} targets={}",
      state.id(), state.service(), state.version(), state.strategy(), state.targets_size());
  registry_.Insert(std::move(state));
  requests_.Add(request.request_id(), request, job->id, now);
  return registry_.Get(job->id);
}

absl::StatusOr<SnapshotPtr> DeploymentManager::MadeBefore(const std::string& id,
                                                          const std::string& request_id) const {
  absl::StatusOr<SnapshotPtr> record = registry_.Get(id);
  if (record.ok()) return record;
  return absl::NotFoundError(absl::StrCat("deployment ", id, ", which request_id ", request_id,
                                          " made, is no longer kept (history_per_service); to "
                                          "deploy again, use another request_id"));
}

absl::Status DeploymentManager::CheckAccepting() const {
  if (accepting_) return absl::OkStatus();
  return absl::UnavailableError("the daemon is shutting down; try again when it is back");
}

absl::Status DeploymentManager::CheckFree(const std::string& service) {
  const auto active = active_of_.find(service);
  if (active == active_of_.end()) return absl::OkStatus();
  const std::string id = active->second;
  if (FindRunning(id) == nullptr) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat("service ", service,
                                                    " has an active deployment: ", id,
                                                    "; wait for it, abort it or roll it back"));
}

absl::Status DeploymentManager::Start(const JobPtr& job) {
  SLUICE_RETURN_IF_ERROR(workers_.Submit([this, job] { Run(job); }));
  jobs_[job->id] = job;
  active_of_[job->service] = job->id;
  return absl::OkStatus();
}

void DeploymentManager::Run(const JobPtr& job) {
  {
    MutexLock accepted(mutex_);
    if (Find(job->id) != job) return;  // It ended while it waited for a worker.
  }
  RegistryRecord record(registry_, job->id);
  DeploymentOrchestrator orchestrator(
      {record, job->control, job->definition->ports, target_calls_, clock_});
  try {
    job->rollback ? orchestrator.Rollback() : orchestrator.Deploy();
  } catch (const std::exception& error) {
    // One of the three places where exceptions of others end: this deployment fails, not the
    // daemon.
    Change(record, [&](v1::DeploymentState& state) {
      Fail(state, v1::REASON_INTERNAL, error.what(), clock_.Now());
    });
  }
  MutexLock lock(mutex_);
  Forget(job);
}

void DeploymentManager::Forget(const JobPtr& job) {
  if (Find(job->id) != job) return;
  registry_.Read(job->id, LogEnd).IgnoreError();
  jobs_.erase(job->id);
  active_of_.erase(job->service);
  job_ended_.NotifyAll();
}

DeploymentManager::JobPtr DeploymentManager::Find(const std::string& id) const {
  const auto found = jobs_.find(id);
  return found == jobs_.end() ? nullptr : found->second;
}

DeploymentManager::JobPtr DeploymentManager::FindRunning(const std::string& id) {
  const JobPtr job = Find(id);
  bool has_ended = false;
  registry_
      .Read(id, [&](const v1::DeploymentState& state) { has_ended = IsTerminal(state.status()); })
      .IgnoreError();
  if (job == nullptr || !has_ended) return job;
  // Its worker is about to find out.
  Forget(job);
  return nullptr;
}

absl::StatusOr<SnapshotPtr> DeploymentManager::Rollback(const v1::RollbackRequest& request) {
  SLUICE_RETURN_IF_ERROR(ValidateRollback(request));
  JobPtr running;
  absl::StatusOr<SnapshotPtr> result;
  {
    MutexLock lock(mutex_);
    result = AcceptRollback(request, running);
  }
  if (running != nullptr) running->control.CancelCalls();
  return result;
}

absl::StatusOr<SnapshotPtr> DeploymentManager::AcceptRollback(const v1::RollbackRequest& request,
                                                              JobPtr& running) {
  SLUICE_ASSIGN_OR_RETURN(const std::optional<std::string> made,
                          requests_.Find(request.request_id(), request));
  if (made.has_value()) return MadeBefore(*made, request.request_id());
  SLUICE_RETURN_IF_ERROR(CheckAccepting());
  SLUICE_ASSIGN_OR_RETURN(const std::string id, request.has_service()
                                                    ? registry_.LatestOf(request.service())
                                                    : registry_.Resolve(request.deployment_id()));
  running = FindRunning(id);
  absl::StatusOr<SnapshotPtr> result =
      running != nullptr ? RollBackRunning(running, request) : RollBackEnded(id, request);
  if (result.ok()) requests_.Add(request.request_id(), request, id, clock_.Now());
  return result;
}

absl::StatusOr<SnapshotPtr> DeploymentManager::RollBackRunning(const JobPtr& job,
                                                               const v1::RollbackRequest& request) {
  bool never_ran = false;
  SLUICE_RETURN_IF_ERROR(registry_.Update(job->id, [&](v1::DeploymentState& state) {
    SLUICE_RETURN_IF_ERROR(CheckVerb(Verb::kRollback, state));
    if (IsTerminal(state.status())) {
      return absl::FailedPreconditionError("it is just ending; try again");
    }
    SLUICE_RETURN_IF_ERROR(CheckRollback(request, state, job->control.interrupt()));
    if (state.phase() == v1::PHASE_ROLLING_BACK) {
      state.set_status(v1::STATUS_IN_PROGRESS);
      job->control.Resume();
      return absl::OkStatus();
    }
    SLUICE_RETURN_IF_ERROR(SetWayBack(request.to_version(), state));
    if (!request.reason().empty()) state.set_request_reason(request.reason());
    if (state.status() == v1::STATUS_PENDING) {
      state.set_reason(v1::REASON_ROLLBACK_REQUESTED);
      state.set_message("rolled back before anything was touched");
      FinishRollback(state, clock_.Now());
      *state.mutable_fleet() = FleetOf(state);
      never_ran = true;
      return absl::OkStatus();
    }
    state.set_status(v1::STATUS_IN_PROGRESS);
    state.set_pausing(false);
    job->control.Stop(Interrupt::kRollback);
    return absl::OkStatus();
  }));
  spdlog::info("event=rollback_requested deployment={} reason={}", job->id,
               Quoted(request.reason()));
  if (never_ran) Forget(job);
  return registry_.Get(job->id);
}

absl::StatusOr<SnapshotPtr> DeploymentManager::RollBackEnded(const std::string& id,
                                                             const v1::RollbackRequest& request) {
  SLUICE_ASSIGN_OR_RETURN(const SnapshotPtr before, registry_.Get(id));
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
  ServiceDefinitionPtr definition = catalog_.Find(service);
  if (definition == nullptr) {
    return absl::FailedPreconditionError(
        absl::StrCat("service ", service, " is no longer configured"));
  }
  const auto job = std::make_shared<Job>(after, std::move(definition), clock_, true);
  SLUICE_RETURN_IF_ERROR(Start(job));
  SLUICE_RETURN_IF_ERROR(registry_.Update(id, [&](v1::DeploymentState& state) {
    SLUICE_RETURN_IF_ERROR(SetWayBack(request.to_version(), state));
    if (!request.reason().empty()) state.set_request_reason(request.reason());
    state.set_reason(v1::REASON_ROLLBACK_REQUESTED);
    state.set_message("rollback requested");
    StartRollback(state);
    return absl::OkStatus();
  }));
  spdlog::info("event=rollback_requested deployment={} reason={}", id, Quoted(request.reason()));
  return registry_.Get(id);
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
      SLUICE_RETURN_IF_ERROR(act(state, job->control));
      never_ran = IsTerminal(state.status());
      return absl::OkStatus();
    }));
    if (never_ran) Forget(job);
  }
  job->control.CancelCalls();
  return registry_.Get(whole_id);
}

absl::StatusOr<SnapshotPtr> DeploymentManager::Pause(const v1::PauseRequest& request) {
  return Apply(Verb::kPause, request.deployment_id(), request.reason(),
               [&](v1::DeploymentState& state, Control& control) {
                 state.set_status(v1::STATUS_PAUSED);
                 state.set_message(request.reason().empty()
                                       ? "paused"
                                       : absl::StrCat("paused: ", request.reason()));
                 control.Pause();
                 return absl::OkStatus();
               });
}

absl::StatusOr<SnapshotPtr> DeploymentManager::Resume(const v1::ResumeRequest& request) {
  return Apply(Verb::kResume, request.deployment_id(), request.reason(),
               [](v1::DeploymentState& state, Control& control) {
                 state.set_status(v1::STATUS_IN_PROGRESS);
                 state.clear_message();
                 control.Resume();
                 return absl::OkStatus();
               });
}

absl::StatusOr<SnapshotPtr> DeploymentManager::Promote(const v1::PromoteRequest& request) {
  return Apply(Verb::kPromote, request.deployment_id(), request.reason(),
               [&](v1::DeploymentState& state, Control& control) {
                 if (!request.full() && !control.MayBePromoted()) return NothingToPromote(state);
                 state.set_status(v1::STATUS_IN_PROGRESS);
                 state.clear_message();
                 control.Promote(request.full());
                 return absl::OkStatus();
               });
}

absl::StatusOr<SnapshotPtr> DeploymentManager::Abort(const v1::AbortRequest& request) {
  return Apply(Verb::kAbort, request.deployment_id(), request.reason(),
               [&](v1::DeploymentState& state, Control& control) {
                 const std::string why =
                     request.reason().empty() ? "" : absl::StrCat(": ", request.reason());
                 if (state.status() == v1::STATUS_PENDING) {
                   Fail(state, v1::REASON_ABORTED,
                        absl::StrCat("aborted before anything was touched", why), clock_.Now());
                   *state.mutable_fleet() = FleetOf(state);
                   return absl::OkStatus();
                 }
                 state.set_message(absl::StrCat("aborting", why));
                 control.Stop(Interrupt::kAbort);
                 return absl::OkStatus();
               });
}

absl::StatusOr<v1::PlanResponse> DeploymentManager::Plan(const v1::DeployRequest& request) const {
  const ServiceDefinitionPtr definition = catalog_.Find(request.service());
  SLUICE_RETURN_IF_ERROR(ValidateDeployRequest(request, definition.get()));
  v1::DeploymentState draft =
      DraftDeployment(request, *definition, registry_.MemoryOf(request.service()));
  v1::PlanResponse response;
  *response.mutable_plan() = draft.plan();
  FillDurations(draft, definition->ports, response);
  // The way back if all of it had been done.
  for (v1::TargetState& target : *draft.mutable_targets()) target.set_attempts(1);
  *response.mutable_rollback_plan() = PlanRollback(draft);
  return response;
}

v1::ListServicesResponse DeploymentManager::ListServices() const {
  std::map<std::string, v1::Service> services;
  for (const ServiceDefinitionPtr& definition : catalog_.All()) {
    v1::Service& service = services[definition->config.name()];
    service.set_configured(true);
    service.set_target_count(definition->config.targets_size());
    service.set_active_version(definition->config.initial_version());
  }
  for (const std::string& name : registry_.Services()) services[name];
  MutexLock lock(mutex_);
  v1::ListServicesResponse response;
  for (auto& [name, service] : services) {
    const ServiceMemory memory = registry_.MemoryOf(name);
    service.set_name(name);
    if (!memory.active_version.empty()) service.set_active_version(memory.active_version);
    service.set_latest_deployment_id(memory.latest_deployment_id);
    const auto active = active_of_.find(name);
    if (active != active_of_.end()) service.set_active_deployment_id(active->second);
    *response.add_services() = std::move(service);
  }
  return response;
}

void DeploymentManager::StopAccepting() {
  MutexLock lock(mutex_);
  accepting_ = false;
}

size_t DeploymentManager::Drain(absl::Duration soft, absl::Duration hard) {
  StopAccepting();
  const absl::Duration begin = clock_.Monotonic();
  std::vector<JobPtr> jobs;
  {
    MutexLock lock(mutex_);
    for (const auto& [id, job] : jobs_) jobs.push_back(job);
  }
  for (const JobPtr& job : jobs) job->control.Stop(Interrupt::kShutdown);
  if (AwaitJobs(begin + soft) == 0) return 0;
  for (const JobPtr& job : jobs) job->control.CancelCalls();
  return AwaitJobs(begin + hard);
}

size_t DeploymentManager::AwaitJobs(absl::Duration deadline) {
  MutexLock lock(mutex_);
  while (!jobs_.empty() && clock_.Monotonic() < deadline) {
    clock_.WaitUntil(mutex_, job_ended_, deadline);
  }
  return jobs_.size();
}

}  // namespace sluice
