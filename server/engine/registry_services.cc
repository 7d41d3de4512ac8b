// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// What the registry knows of services, and what it does not keep any longer: records beyond a
// service's history, and services beyond the number of those that are not configured.

#include <algorithm>
#include <utility>

#include "engine/registry.h"
#include "strategy/deployment_state.h"

namespace sluice {
namespace {

// Whether a deployer's call that succeeded put the version there, and none has failed since.
bool WasPutThere(const v1::TargetState& target) {
  switch (target.phase()) {
    case v1::TARGET_PHASE_SUCCEEDED:
    case v1::TARGET_PHASE_ROLLED_BACK:
    case v1::TARGET_PHASE_CHECKING_HEALTH:
      return true;
    case v1::TARGET_PHASE_FAILED:
      return target.health() == v1::TARGET_HEALTH_UNHEALTHY;
    default:
      return false;
  }
}

}  // namespace

ServiceMemory Registry::MemoryOf(const std::string& service, const TargetList& targets) const {
  MutexLock lock(mutex_);
  const auto found = memory_.find(service);
  if (found == memory_.end()) return {};
  const ServiceMemory& memory = found->second;
  ServiceMemory part{.active_version = memory.active_version,
                     .activated_by = memory.activated_by,
                     .target_versions = {},
                     .from_earlier_run = {},
                     .latest_deployment_id = memory.latest_deployment_id,
                     .changes = memory.changes};
  for (const v1::Target& target : targets) {
    const auto known = memory.target_versions.find(target.id());
    if (known == memory.target_versions.end()) continue;
    part.target_versions.insert(*known);
    if (memory.from_earlier_run.count(target.id()) > 0) part.from_earlier_run.insert(target.id());
  }
  return part;
}

int64_t Registry::MemoryChangesOf(const std::string& service) const {
  MutexLock lock(mutex_);
  const auto found = memory_.find(service);
  return found == memory_.end() ? 0 : found->second.changes;
}

std::vector<std::string> Registry::Services() const {
  MutexLock lock(mutex_);
  std::vector<std::string> names;
  for (const auto& [name, memory] : memory_) names.push_back(name);
  return names;
}

ServiceMemory& Registry::Change(const std::string& service) {
  const auto [found, is_new] = memory_.try_emplace(service);
  // It may have been known before.
  if (is_new && forgotten_through_ > 0) pruned_through_[service] = forgotten_through_;
  found->second.changes = ++memory_changes_;
  return found->second;
}

void Registry::Remember(const v1::DeploymentState& state) {
  ServiceMemory& memory = Change(state.service());
  const bool is_new = memory.active_version != state.version();
  if (state.status() == v1::STATUS_COMPLETED && is_new) {
    memory.active_version = state.version();
    memory.activated_by = state.id();
  }
  // A redeploy of the active version has no previous one: taken back, nothing has changed.
  const bool had_moved = !state.previous_version().empty() || memory.activated_by == state.id();
  if (state.status() == v1::STATUS_ROLLED_BACK && had_moved) {
    memory.active_version = state.previous_version();
  }
  for (const v1::TargetState& target : state.targets()) {
    const std::string& id = target.target().id();
    // Else it is only what was assumed: unknown, so that the next deployment asks.
    const bool is_fact = WasPutThere(target) || memory.target_versions.count(id) > 0;
    if (is_fact) memory.target_versions[id] = target.target().version();
    if (WasPutThere(target)) memory.from_earlier_run.erase(id);
  }
  changes_.services.insert(state.service());
}

void Registry::NoteRest(const Entry& entry) {
  const std::string& service = entry.state->service();
  const bool rests = IsTerminal(entry.state->status()) &&
                     memory_.at(service).latest_deployment_id == entry.state->id();
  if (rests) {
    at_rest_[entry.position] = service;
  } else {
    at_rest_.erase(entry.position);
  }
}

size_t Registry::ForgetServices(size_t most, absl::FunctionRef<std::set<std::string>()> kept) {
  MutexLock lock(mutex_);
  if (memory_.size() <= std::max(most, looked_through_)) return 0;
  const std::set<std::string> names = kept();
  const auto is_known = [this](const std::string& name) {
    mutex_.AssertHeld();
    return memory_.count(name) > 0;
  };
  const auto known = static_cast<size_t>(std::count_if(names.begin(), names.end(), is_known));
  const size_t others = memory_.size() - known;
  // Some more than needed, so that not every new service has the kept ones counted.
  const size_t some = most / 10;
  std::vector<std::string> oldest;
  if (others > most) oldest = OldestServices(others - most + some, names);
  for (const std::string& service : oldest) ForgetService(service);
  if (journal_ != nullptr) CommitNext();
  looked_through_ = memory_.size() + some;
  return oldest.size();
}

size_t Registry::ForgetTargets(const std::string& service, size_t most, const TargetList& kept) {
  MutexLock lock(mutex_);
  const auto found = memory_.find(service);
  if (found == memory_.end() || found->second.target_versions.size() <= most) return 0;
  const std::set<std::string> wanted = LatestTargets(service, most / 3, kept);
  const size_t forgotten = std::erase_if(Change(service).target_versions, [&](const auto& known) {
    return wanted.count(known.first) == 0;
  });
  changes_.services.insert(service);
  if (journal_ != nullptr) CommitNext();
  return forgotten;
}

std::set<std::string> Registry::LatestTargets(const std::string& service, size_t enough,
                                              const TargetList& kept) const {
  std::set<std::string> ids;
  for (const v1::Target& target : kept) ids.insert(target.id());
  const std::vector<std::string>& deployments = by_service_.at(service);
  for (auto id = deployments.rbegin(); id != deployments.rend() && ids.size() < enough; ++id) {
    for (const v1::TargetState& target : entries_.at(*id).state->targets()) {
      ids.insert(target.target().id());
    }
  }
  return ids;
}

std::vector<std::string> Registry::OldestServices(size_t count,
                                                  const std::set<std::string>& kept) const {
  std::vector<std::string> oldest;
  for (auto it = at_rest_.begin(); it != at_rest_.end() && oldest.size() < count; ++it) {
    if (kept.count(it->second) == 0) oldest.push_back(it->second);
  }
  return oldest;
}

void Registry::ForgetService(const std::string& service) {
  for (const std::string& id : by_service_.at(service)) Erase(id);
  forgotten_through_ = std::max(forgotten_through_, pruned_through_.at(service));
  by_service_.erase(service);
  pruned_through_.erase(service);
  memory_.erase(service);
}

void Registry::Prune(const std::string& service) {
  std::vector<std::string>& ids = by_service_[service];
  const auto is_finished = [this](const std::string& id) {
    mutex_.AssertHeld();
    return IsTerminal(entries_.at(id).state->status());
  };
  auto excess = std::count_if(ids.begin(), ids.end(), is_finished) - history_per_service_;
  if (excess <= 0) return;
  for (auto it = ids.begin(); it != ids.end() && excess > 0;) {
    if (!is_finished(*it)) {
      ++it;
      continue;
    }
    Erase(*it);
    it = ids.erase(it);
    --excess;
  }
  if (journal_ != nullptr) CommitNext();
}

void Registry::Erase(const std::string& id) {
  const Entry& entry = entries_.at(id);
  std::vector<int64_t> revisions = entry.replaced;
  revisions.push_back(entry.state->revision());
  revisions.push_back(entry.published);
  for (const int64_t revision : revisions) {
    log_.erase(revision);
    for (const std::string& of : {std::string(), entry.state->service()}) {
      pruned_through_[of] = std::max(pruned_through_[of], revision);
    }
  }
  if (journal_ != nullptr) {
    changes_.records.insert(id);
    changes_.services.insert(entry.state->service());
    changes_.counters = true;
  }
  by_position_.erase(entry.position);
  at_rest_.erase(entry.position);
  entries_.erase(id);
}

}  // namespace sluice
