// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// What the manager tells without changing anything.

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "base/status_macros.h"
#include "engine/deploy_request.h"
#include "engine/deployment_manager.h"
#include "engine/fleet.h"
#include "engine/plan_duration.h"
#include "engine/record_size.h"
#include "engine/run_so_far.h"

namespace sluice {
namespace {

// Of the targets that are configured; of those that were never deployed what the configuration
// says.
std::map<std::string, std::string> KnownVersions(const ServiceDefinition& definition,
                                                 const ServiceMemory& memory) {
  std::map<std::string, std::string> versions;
  for (const v1::Target& target : definition.config.targets()) {
    const auto found = memory.target_versions.find(target.id());
    std::string version = found == memory.target_versions.end() ? "" : found->second;
    if (version.empty()) version = target.version();
    if (version.empty()) version = definition.config.initial_version();
    if (!version.empty()) versions.emplace(target.id(), std::move(version));
  }
  return versions;
}

// The version that the target goes back to, as far as it is known before it is asked.
std::string LikelyWayBack(const v1::DeploymentState& draft, const v1::TargetState& target) {
  if (!target.previous_version().empty()) return target.previous_version();
  return target.target().version().empty() ? draft.previous_version() : target.target().version();
}

// Each target goes back to its own: the plan names a version only where that is the same of all.
void NameWayBack(const v1::DeploymentState& draft, v1::Plan& plan) {
  if (draft.strategy() == "blue_green") return;
  std::set<std::string> versions;
  for (const v1::TargetState& target : draft.targets()) {
    if (target.attempts() > 0) versions.insert(LikelyWayBack(draft, target));
  }
  if (versions.size() > 1) plan.clear_version();
  if (versions.size() == 1) plan.set_version(*versions.begin());
}

// How many of the targets the plan comes to.
int TargetsIn(const v1::Plan& plan, int targets) {
  int most = 0;
  for (const v1::Step& step : plan.steps()) {
    if (!step.has_deploy_targets()) continue;
    if (!step.deploy_targets().has_up_to_percentage()) return targets;
    most = std::max(most, TargetsUpTo(step.deploy_targets().up_to_percentage(), targets));
  }
  return most;
}

}  // namespace

absl::StatusOr<v1::PlanResponse> DeploymentManager::Plan(const v1::DeployRequest& request) const {
  const ServiceDefinitionPtr definition = catalog_.Find(request.service());
  SLUICE_RETURN_IF_ERROR(ValidateDeployRequest(request, definition.get()));
  v1::DeploymentState draft =
      DraftDeployment(request, *definition,
                      registry_.MemoryOf(request.service(), ChosenTargets(request, *definition)));
  SLUICE_RETURN_IF_ERROR(CheckRecordSize(draft));
  v1::PlanResponse response;
  *response.mutable_plan() = draft.plan();
  FillDurations(draft, definition->ports, response);
  *response.mutable_on_failure() = draft.on_failure();
  // The way back if all of it had been done.
  const int touched = TargetsIn(draft.plan(), draft.targets_size());
  for (int i = 0; i < touched; ++i) draft.mutable_targets(i)->set_attempts(1);
  *response.mutable_rollback_plan() = PlanRollback(draft);
  NameWayBack(draft, *response.mutable_rollback_plan());
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
    const ServiceDefinitionPtr definition = catalog_.Find(name);
    const ServiceMemory memory = registry_.MemoryOf(
        name, definition == nullptr ? TargetList() : definition->config.targets());
    service.set_name(name);
    if (!memory.active_version.empty()) service.set_active_version(memory.active_version);
    service.set_latest_deployment_id(memory.latest_deployment_id);
    FillFleet(memory, definition.get(), service);
    const auto active = active_of_.find(name);
    if (active != active_of_.end()) service.set_active_deployment_id(active->second);
    *response.add_services() = std::move(service);
  }
  return response;
}

void DeploymentManager::FillFleet(const ServiceMemory& memory, const ServiceDefinition* definition,
                                  v1::Service& service) const {
  const absl::StatusOr<SnapshotPtr> latest = registry_.Get(memory.latest_deployment_id);
  if (!latest.ok() || !(*latest)->state().has_fleet()) return;
  const bool has_targets = definition != nullptr && definition->configured;
  *service.mutable_fleet() =
      FleetOfService((*latest)->state(), has_targets ? KnownVersions(*definition, memory)
                                                     : std::map<std::string, std::string>());
}

size_t DeploymentManager::ActiveDeployments() const {
  MutexLock lock(mutex_);
  return jobs_.size();
}

}  // namespace sluice
