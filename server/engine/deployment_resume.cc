// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// How the manager goes on with what an earlier run of the daemon left unfinished.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/violations.h"
#include "engine/deployment_manager.h"
#include "engine/fleet.h"
#include "spdlog/spdlog.h"
#include "strategy/deployment_state.h"

namespace sluice {
namespace {

// As the verbs have left it, in an earlier run of the daemon.
void RestoreControl(const v1::DeploymentState& state, Control& control) {
  if (state.promoted_all()) control.Promote(true);
  if (state.status() == v1::STATUS_PAUSED) control.Pause();
  if (state.stop_requested() == v1::REASON_ROLLBACK_REQUESTED) control.Stop(Interrupt::kRollback);
  if (state.stop_requested() == v1::REASON_ABORTED) control.Stop(Interrupt::kAbort);
}

}  // namespace

void DeploymentManager::ResumeAll(const std::vector<RequestLog::Entry>& requests) {
  MutexLock lock(mutex_);
  for (const RequestLog::Entry& entry : requests) {
    requests_.Add(entry, -absl::InfiniteDuration());
  }
  for (const SnapshotPtr& unfinished : registry_.Unfinished()) ResumeOne(unfinished->state());
}

void DeploymentManager::ResumeOne(const v1::DeploymentState& state) {
  absl::StatusOr<ServiceDefinitionPtr> definition = DefinitionFor(state);
  absl::Status status = definition.status();
  if (status.ok()) {
    const auto job = std::make_shared<DeploymentJob>(state, *std::move(definition), clock_);
    RestoreControl(state, job->control);
    status = Start(job, true);
  }
  spdlog::info("event=deployment_resumed deployment={} service={} status={} step={}/{} result={}",
               state.id(), state.service(), StatusName(state.status()), StepNumber(state),
               state.plan().steps_size(), Quoted(status.ToString()));
  if (status.ok()) return;
  const auto fail = [&](v1::DeploymentState& unfinished) {
    Fail(unfinished, v1::REASON_NOT_RESUMED,
         absl::StrCat("not gone on with after a restart: ", std::string(status.message())),
         DeploymentClock(clock_, unfinished).Now());
    *unfinished.mutable_fleet() = FleetOf(unfinished);
    return absl::OkStatus();
  };
  registry_.Update(state.id(), fail).IgnoreError();
}

}  // namespace sluice
