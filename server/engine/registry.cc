// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/registry.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "base/violations.h"
#include "engine/transition.h"
#include "strategy/deployment_state.h"

namespace sluice {
namespace {

constexpr int kDefaultPageSize = 50;
constexpr int kMaxPageSize = 1000;
constexpr size_t kMaxCandidates = 5;

absl::Status NotFound(const std::string& id) {
  return absl::NotFoundError(
      absl::StrCat("there is no deployment ", Quoted(id), "; `sluice list` shows what there is"));
}

bool Matches(const v1::ListStatesRequest& request, const v1::DeploymentState& state) {
  if (!request.service().empty() && state.service() != request.service()) return false;
  return request.statuses().empty() ||
         std::find(request.statuses().begin(), request.statuses().end(), state.status()) !=
             request.statuses().end();
}

}  // namespace

Registry::Registry(Clock& clock, int history_per_service)
    : clock_(clock),
      history_per_service_(history_per_service),
      first_revision_(absl::ToUnixMicros(clock.Now())),
      revision_(first_revision_) {}

void Registry::Insert(v1::DeploymentState state) {
  MutexLock lock(mutex_);
  const std::string id = state.id();
  by_service_[state.service()].push_back(id);
  order_of_[id] = next_order_;
  by_order_[next_order_++] = id;
  memory_[state.service()].latest_deployment_id = id;
  Entry& entry = entries_[id];
  entry.state = std::move(state);
  Publish(entry);
}

absl::Status Registry::Update(const std::string& id,
                              absl::FunctionRef<absl::Status(v1::DeploymentState&)> change) {
  MutexLock lock(mutex_);
  const auto found = entries_.find(id);
  if (found == entries_.end()) return NotFound(id);
  Entry& entry = found->second;
  const v1::Status before = entry.state.status();
  // A rollback of a finished deployment replaces a terminal state, which a slow watcher must still
  // see: keep it under its old revision.
  const SnapshotPtr terminal = IsTerminal(before) ? SnapshotOf(entry) : nullptr;
  if (absl::Status status = change(entry.state); !status.ok()) return status;
  const v1::Status after = entry.state.status();
  if (absl::Status status = CheckTransition(before, after); !status.ok()) {
    entry.state.set_status(before);
    return status;
  }
  if (terminal != nullptr && after != before) {
    log_[terminal->state().revision()] = {id, terminal};
    entry.state.set_revision(0);
  }
  Publish(entry);
  if (IsTerminal(after) && after != before) {
    Remember(entry.state);
    Prune(entry.state.service());
  }
  return absl::OkStatus();
}

absl::Status Registry::Read(const std::string& id,
                            absl::FunctionRef<void(const v1::DeploymentState&)> read) const {
  MutexLock lock(mutex_);
  const Entry* entry = Find(id);
  if (entry == nullptr) return NotFound(id);
  read(entry->state);
  return absl::OkStatus();
}

absl::StatusOr<SnapshotPtr> Registry::Get(const std::string& id) const {
  MutexLock lock(mutex_);
  const Entry* entry = Find(id);
  if (entry == nullptr) return NotFound(id);
  return SnapshotOf(*entry);
}

absl::StatusOr<std::string> Registry::Resolve(const std::string& prefix) const {
  MutexLock lock(mutex_);
  if (prefix.empty()) return ViolationError("deployment_id", "must be given");
  std::vector<std::string> candidates;
  for (auto it = entries_.lower_bound(prefix);
       it != entries_.end() && absl::StartsWith(it->first, prefix); ++it) {
    if (it->first == prefix) return prefix;
    candidates.push_back(it->first);
    if (candidates.size() > kMaxCandidates) break;
  }
  if (candidates.empty()) return NotFound(prefix);
  if (candidates.size() == 1) return candidates.front();
  return ViolationError("deployment_id",
                        absl::StrCat(Quoted(prefix), " is short for several deployments: ",
                                     absl::StrJoin(candidates, ", ")));
}

absl::StatusOr<std::string> Registry::LatestOf(const std::string& service) const {
  MutexLock lock(mutex_);
  const auto found = by_service_.find(service);
  if (found == by_service_.end() || found->second.empty()) {
    return absl::NotFoundError(absl::StrCat("service ", Quoted(service), " has no deployment yet"));
  }
  return found->second.back();
}

absl::StatusOr<v1::ListStatesResponse> Registry::List(const v1::ListStatesRequest& request) const {
  int64_t below = std::numeric_limits<int64_t>::max();
  Violations violations;
  if (!request.service().empty()) CheckName("service", request.service(), violations);
  for (int i = 0; i < request.statuses_size(); ++i) {
    if (v1::Status_IsValid(request.statuses(i))) continue;
    violations.Add(FieldPath("statuses", static_cast<size_t>(i)),
                   absl::StrCat("must be a known status, is ", request.statuses(i)));
  }
  if (!request.page_token().empty() && !absl::SimpleAtoi(request.page_token(), &below)) {
    violations.Add("page_token", "must come from the previous response");
  }
  if (request.page_size() < 0) violations.Add("page_size", "must be 0 or more");
  SLUICE_RETURN_IF_ERROR(violations.ToStatus());
  const int size =
      request.page_size() == 0 ? kDefaultPageSize : std::min(request.page_size(), kMaxPageSize);
  v1::ListStatesResponse response;
  MutexLock lock(mutex_);
  for (auto it = by_order_.lower_bound(below); it != by_order_.begin();) {
    --it;
    const v1::DeploymentState& state = entries_.at(it->second).state;
    if (!Matches(request, state)) continue;
    if (response.states_size() == size) {
      response.set_next_page_token(absl::StrCat(it->first + 1));
      break;
    }
    *response.add_states() = state;
  }
  return response;
}

absl::StatusOr<SnapshotPtr> Registry::NextAfter(int64_t revision,
                                                const RecordFilter& filter) const {
  MutexLock lock(mutex_);
  const int64_t pruned_through = std::max(PrunedThrough(filter), first_revision_);
  if (revision > 0 && revision < pruned_through) {
    return absl::OutOfRangeError(absl::StrCat("revision ", revision,
                                              " is too old: states up to revision ", pruned_through,
                                              " are gone; watch from 0 again"));
  }
  if (revision > revision_) {
    return absl::OutOfRangeError(absl::StrCat("revision ", revision,
                                              " is not of this daemon, whose newest is ", revision_,
                                              "; watch from 0 again"));
  }
  for (auto it = log_.upper_bound(std::max(revision, filter.after)); it != log_.end(); ++it) {
    const LogItem& item = it->second;
    if (!filter.deployment_id.empty() && item.id != filter.deployment_id) continue;
    const Entry& entry = entries_.at(item.id);
    if (!filter.service.empty() && entry.state.service() != filter.service) continue;
    return item.frozen != nullptr ? item.frozen : SnapshotOf(entry);
  }
  return SnapshotPtr();
}

int64_t Registry::PrunedThrough(const RecordFilter& filter) const {
  // A deployment is pruned as a whole.
  if (!filter.deployment_id.empty() && Find(filter.deployment_id) != nullptr) return 0;
  const auto found = pruned_through_.find(filter.service);
  return found == pruned_through_.end() ? 0 : found->second;
}

int64_t Registry::AwaitChange(int64_t seen) const {
  MutexLock lock(mutex_);
  while (revision_ <= seen && !closed_) {
    clock_.WaitUntil(mutex_, changed_, absl::InfiniteDuration());
  }
  return revision_;
}

void Registry::Close() {
  MutexLock lock(mutex_);
  closed_ = true;
  changed_.NotifyAll();
}

bool Registry::closed() const {
  MutexLock lock(mutex_);
  return closed_;
}

ServiceMemory Registry::MemoryOf(const std::string& service) const {
  MutexLock lock(mutex_);
  const auto found = memory_.find(service);
  return found == memory_.end() ? ServiceMemory() : found->second;
}

std::vector<std::string> Registry::Services() const {
  MutexLock lock(mutex_);
  std::vector<std::string> names;
  for (const auto& [name, memory] : memory_) names.push_back(name);
  return names;
}

const Registry::Entry* Registry::Find(const std::string& id) const {
  const auto found = entries_.find(id);
  return found == entries_.end() ? nullptr : &found->second;
}

SnapshotPtr Registry::SnapshotOf(const Entry& entry) const {
  if (entry.snapshot == nullptr) entry.snapshot = std::make_shared<Snapshot>(entry.state);
  return entry.snapshot;
}

void Registry::Publish(Entry& entry) {
  log_.erase(entry.state.revision());
  entry.state.set_revision(++revision_);
  entry.snapshot = nullptr;
  log_[revision_] = {entry.state.id(), nullptr};
  changed_.NotifyAll();
}

void Registry::Remember(const v1::DeploymentState& state) {
  ServiceMemory& memory = memory_[state.service()];
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
    memory.target_versions[target.target().id()] = target.target().version();
  }
}

void Registry::Prune(const std::string& service) {
  std::vector<std::string>& ids = by_service_[service];
  const auto is_finished = [this](const std::string& id) {
    mutex_.AssertHeld();
    return IsTerminal(entries_.at(id).state.status());
  };
  auto excess = std::count_if(ids.begin(), ids.end(), is_finished) - history_per_service_;
  for (auto it = ids.begin(); it != ids.end() && excess > 0;) {
    if (!is_finished(*it)) {
      ++it;
      continue;
    }
    Erase(*it);
    it = ids.erase(it);
    --excess;
  }
}

void Registry::Erase(const std::string& id) {
  const std::string service = entries_.at(id).state.service();
  for (auto it = log_.begin(); it != log_.end();) {
    if (it->second.id != id) {
      ++it;
      continue;
    }
    for (const std::string& of : {std::string(), service}) {
      pruned_through_[of] = std::max(pruned_through_[of], it->first);
    }
    it = log_.erase(it);
  }
  by_order_.erase(order_of_[id]);
  order_of_.erase(id);
  entries_.erase(id);
}

}  // namespace sluice
