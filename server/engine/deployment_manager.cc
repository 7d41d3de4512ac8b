// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/deployment_manager.h"

#include <exception>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status_macros.h"
#include "base/timestamp.h"
#include "base/violations.h"
#include "engine/deploy_request.h"
#include "engine/deployment_orchestrator.h"
#include "engine/port_call.h"
#include "engine/record_size.h"
#include "engine/registry_record.h"
#include "engine/verb_request.h"
#include "spdlog/spdlog.h"
#include "strategy/deployment_state.h"

namespace sluice {
namespace {

constexpr size_t kMaxLoggedBytes = 1024;
// Of one service: three times what a deployment may have, so that seldom any has to be forgotten.
constexpr size_t kMostKnownTargets = 30'000;

void LogEnd(const v1::DeploymentState& state) {
  if (!IsTerminal(state.status())) {
    spdlog::info("event=deployment_suspended deployment={} service={} status={} step={}/{}",
                 state.id(), state.service(), StatusName(state.status()), StepNumber(state),
                 state.plan().steps_size());
    return;
  }
  spdlog::info(
      "event=deployment_ended deployment={} service={} version={} status={} reason={} "
      "duration_ms={} message={}",
      state.id(), state.service(), state.version(), StatusName(state.status()),
      v1::Reason_Name(state.reason()), state.result().duration_ms(),
      Quoted(state.message(), kMaxLoggedBytes));
}

// What a way back has yet to call may have moved since the record was made. An address that a
// request may have brought stays: the configuration's could be another place altogether.
void TakePresentAddresses(const config::v1::Service& service, v1::DeploymentState& state) {
  if (state.phase() != v1::PHASE_ROLLING_BACK || service.allow_request_targets()) return;
  std::map<absl::string_view, const v1::Target*> present;
  for (const v1::Target& target : service.targets()) present.emplace(target.id(), &target);
  for (v1::TargetState& recorded : *state.mutable_targets()) {
    const auto found = present.find(recorded.target().id());
    if (found == present.end() || recorded.has_step()) continue;
    recorded.mutable_target()->set_address(found->second->address());
  }
}

}  // namespace

DeploymentManager::DeploymentManager(Clock& clock, Registry& registry,
                                     const ServiceCatalog& catalog, const EngineLimits& limits,
                                     std::function<std::string()> make_id)
    : clock_(clock),
      registry_(registry),
      catalog_(catalog),
      make_id_(std::move(make_id)),
      max_unconfigured_services_(limits.max_unconfigured_services),
      target_calls_(clock, {.name = "target-call",
                            .max_threads = static_cast<size_t>(limits.max_target_calls),
                            .max_waiting = SIZE_MAX}),
      workers_(clock, {.name = "deployment",
                       .max_threads = static_cast<size_t>(limits.max_active_deployments),
                       .max_waiting = static_cast<size_t>(limits.max_pending_deployments)}) {}

DeploymentManager::~DeploymentManager() { Drain(absl::ZeroDuration(), absl::InfiniteDuration()); }

absl::StatusOr<SnapshotPtr> DeploymentManager::Deploy(const v1::DeployRequest& request,
                                                      const std::string& requester) {
  const RequestLog::Name name{requester, request.request_id()};
  // Before it is held against a configuration that may have changed since it was accepted.
  if (const auto made = FindMade(name, request)) return MadeBefore(*made, request.request_id());
  const ServiceDefinitionPtr definition = catalog_.Find(request.service());
  SLUICE_RETURN_IF_ERROR(ValidateDeployRequest(request, definition.get()));
  Draft draft = MakeDraft(request, *definition);
  SLUICE_RETURN_IF_ERROR(CheckRecordSize(draft.state));
  return Accept(request, definition, name, std::move(draft));
}

std::optional<std::string> DeploymentManager::FindMade(const RequestLog::Name& name,
                                                       const v1::DeployRequest& request) const {
  if (name.request_id.empty()) return std::nullopt;
  MutexLock lock(mutex_);
  return requests_.Find(name, request).value_or(std::nullopt);
}

DeploymentManager::Draft DeploymentManager::MakeDraft(const v1::DeployRequest& request,
                                                      const ServiceDefinition& definition) const {
  const ServiceMemory memory =
      registry_.MemoryOf(request.service(), ChosenTargets(request, definition));
  return {DraftDeployment(request, definition, memory), memory.changes};
}

absl::StatusOr<SnapshotPtr> DeploymentManager::Accept(const v1::DeployRequest& request,
                                                      const ServiceDefinitionPtr& definition,
                                                      const RequestLog::Name& name, Draft draft) {
  MutexLock lock(mutex_);
  SLUICE_ASSIGN_OR_RETURN(const std::optional<std::string> made, requests_.Find(name, request));
  if (made.has_value()) return MadeBefore(*made, request.request_id());
  SLUICE_RETURN_IF_ERROR(CheckAccepting());
  SLUICE_RETURN_IF_ERROR(CheckFree(request.service()));
  SLUICE_RETURN_IF_ERROR(MakeRoomFor(name));
  if (registry_.MemoryChangesOf(request.service()) != draft.memory_changes) {
    draft = MakeDraft(request, *definition);
  }
  v1::DeploymentState& state = draft.state;
  state.set_id(make_id_());
  state.set_status(v1::STATUS_PENDING);
  const auto job = std::make_shared<DeploymentJob>(state, definition, clock_);
  const absl::Time now = job->clock.Now();
  *state.mutable_create_time() = ToTimestamp(now);
  // The worker waits for mutex_ before it looks at the record, which is there by then.
  SLUICE_RETURN_IF_ERROR(Start(job));
  spdlog::info(
      "event=deployment_accepted deployment={} service={} version={} strategy={} targets={}",
      state.id(), state.service(), state.version(), StrategyNameOf(request, *definition),
      state.targets_size());
  RequestLog::Entry entry = RequestLog::MakeEntry(name, request, job->id, now);
  requests_.Add(entry, clock_.Monotonic());
  SnapshotPtr accepted = registry_.Insert(std::move(state), std::move(entry));
  registry_.WhenDurable(accepted->state().revision(), [id = job->id](const absl::Status& durable) {
    if (durable.ok()) return;
    spdlog::error("event=deployment_lost deployment={} message={}", id,
                  Quoted(absl::StrCat("its request was refused: ", durable.message())));
  });
  if (!definition->configured) ForgetOldServices();
  ForgetOldTargets(*definition, request.service());
  return accepted;
}

void DeploymentManager::ForgetOldServices() {
  const size_t forgotten =
      registry_.ForgetServices(max_unconfigured_services_, [this] { return catalog_.Names(); });
  if (forgotten > 0) spdlog::info("event=services_forgotten services={}", forgotten);
}

void DeploymentManager::ForgetOldTargets(const ServiceDefinition& definition,
                                         const std::string& service) {
  const size_t forgotten =
      registry_.ForgetTargets(service, kMostKnownTargets, definition.config.targets());
  if (forgotten > 0) {
    spdlog::info("event=targets_forgotten service={} targets={}", service, forgotten);
  }
}

absl::StatusOr<SnapshotPtr> DeploymentManager::MadeBefore(const std::string& id,
                                                          const std::string& request_id) const {
  absl::StatusOr<SnapshotPtr> record = registry_.Latest(id);
  if (record.ok()) return record;
  return absl::NotFoundError(absl::StrCat("deployment ", id, ", which request_id ", request_id,
                                          " made, is no longer kept (history_per_service); to "
                                          "deploy again, use another request_id"));
}

absl::Status DeploymentManager::MakeRoomFor(const RequestLog::Name& name) {
  registry_.ForgetRequests(requests_.ForgetOld(clock_.Now(), clock_.Monotonic()));
  return requests_.CheckRoom(name);
}

absl::Status DeploymentManager::CheckAccepting() const {
  if (accepting_) return registry_.CheckWritable();
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

absl::Status DeploymentManager::Start(const JobPtr& job, bool ran_before) {
  const auto run = [this, job] { Run(job); };
  SLUICE_RETURN_IF_ERROR(ran_before ? workers_.SubmitAlways(run, job.get())
                                    : workers_.Submit(run, job.get()));
  jobs_[job->id] = job;
  active_of_[job->service] = job->id;
  return absl::OkStatus();
}

absl::StatusOr<ServiceDefinitionPtr> DeploymentManager::DefinitionFor(
    const v1::DeploymentState& state) const {
  ServiceDefinitionPtr definition = catalog_.Find(state.service());
  const std::string lost = definition == nullptr ? "" : LostDriver(state, definition->config);
  if (definition != nullptr && lost.empty()) return definition;
  const bool is_configured = definition != nullptr && definition->configured;
  return absl::FailedPreconditionError(absl::StrCat(
      "service ", state.service(),
      is_configured ? absl::StrCat(" has no ", lost, " any more") : " is no longer configured"));
}

void DeploymentManager::Run(const JobPtr& job) {
  if (!Begin(job)) return;
  RegistryRecord record(clock_, registry_, job->id);
  TextRoom text_room;
  record.Read([&](const v1::DeploymentState& state) { text_room = TextRoomOf(state); });
  DeploymentOrchestrator orchestrator({record, job->control, job->definition->ports, target_calls_,
                                       job->clock, registry_.epoch(), text_room});
  try {
    orchestrator.Run();
  } catch (const std::exception& error) {
    // One of the places where exceptions of others end: this deployment fails, not the daemon.
    orchestrator.FailInternally(error.what());
  } catch (...) {
    orchestrator.FailInternally(kUnknownException);
  }
  MutexLock lock(mutex_);
  Forget(job);
}

bool DeploymentManager::Begin(const JobPtr& job) {
  MutexLock lock(mutex_);  // Also waits for the end of the request that made it.
  if (Find(job->id) != job) return false;
  const auto begin = [&](v1::DeploymentState& state) {
    BeginDeployment(state, job->clock.Now());
    TakePresentAddresses(job->definition->config, state);
    job->clock.RecordBase(state);
    return absl::OkStatus();
  };
  registry_.Update(job->id, begin).IgnoreError();
  return true;
}

void DeploymentManager::ForgetUnbegun(const JobPtr& job) {
  workers_.Withdraw(job.get());
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
