// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The readers' side of the registry.

#include <algorithm>
#include <limits>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "base/violations.h"
#include "engine/registry.h"

namespace sluice {
namespace {

constexpr int kDefaultPageSize = 50;
constexpr int kMaxPageSize = 1000;
// Below what clients take by default, and what a thousand large records would fill.
constexpr size_t kMaxPageBytes = 3 * 1024 * 1024;
constexpr size_t kMaxCandidates = 5;

bool Matches(const v1::ListStatesRequest& request, const v1::DeploymentState& state) {
  if (!request.service().empty() && state.service() != request.service()) return false;
  return request.statuses().empty() ||
         std::find(request.statuses().begin(), request.statuses().end(), state.status()) !=
             request.statuses().end();
}

bool KnowsVersion(const v1::DeploymentState& state, const std::string& version) {
  if (state.previous_version() == version) return true;
  if (state.version() == version && state.status() == v1::STATUS_COMPLETED) return true;
  return std::any_of(
      state.targets().begin(), state.targets().end(),
      [&](const v1::TargetState& target) { return target.previous_version() == version; });
}

}  // namespace

absl::Status NoDeployment(const std::string& id) {
  return absl::NotFoundError(
      absl::StrCat("there is no deployment ", Quoted(id), "; `sluice list` shows what there is"));
}

absl::StatusOr<SnapshotPtr> Registry::Get(const std::string& id) const {
  MutexLock lock(mutex_);
  const Entry* entry = Find(id);
  const SnapshotPtr visible = entry == nullptr ? nullptr : Visible(*entry);
  if (visible == nullptr) return NoDeployment(id);
  return visible;
}

absl::StatusOr<std::string> Registry::Resolve(const std::string& prefix, Sees sees) const {
  MutexLock lock(mutex_);
  if (prefix.empty()) return ViolationError("deployment_id", "must be given");
  std::vector<std::string> candidates;
  for (auto it = entries_.lower_bound(prefix);
       it != entries_.end() && absl::StartsWith(it->first, prefix); ++it) {
    if (VisibleState(it->second) == nullptr) continue;
    if (it->first == prefix) return prefix;
    if (!sees(it->second.state->service())) continue;
    candidates.push_back(it->first);
    if (candidates.size() > kMaxCandidates) break;
  }
  if (candidates.empty()) return NoDeployment(prefix);
  if (candidates.size() == 1) return candidates.front();
  return ViolationError("deployment_id",
                        absl::StrCat(Quoted(prefix), " is short for several deployments: ",
                                     absl::StrJoin(candidates, ", ")));
}

absl::StatusOr<std::string> Registry::LatestOf(const std::string& service) const {
  MutexLock lock(mutex_);
  const auto found = by_service_.find(service);
  if (found != by_service_.end()) {
    for (auto id = found->second.rbegin(); id != found->second.rend(); ++id) {
      if (VisibleState(entries_.at(*id)) != nullptr) return *id;
    }
  }
  return absl::NotFoundError(absl::StrCat("service ", Quoted(service), " has no deployment yet"));
}

bool Registry::HasRun(const std::string& service, const std::string& version) const {
  MutexLock lock(mutex_);
  const auto found = by_service_.find(service);
  if (found == by_service_.end()) return false;
  return std::any_of(found->second.begin(), found->second.end(), [&](const std::string& id) {
    mutex_.AssertHeld();
    const v1::DeploymentState* state = VisibleState(entries_.at(id));
    return state != nullptr && KnowsVersion(*state, version);
  });
}

absl::StatusOr<v1::ListStatesResponse> Registry::List(const v1::ListStatesRequest& request,
                                                      Sees sees) const {
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
  size_t bytes = 0;
  MutexLock lock(mutex_);
  for (auto it = by_position_.lower_bound(below); it != by_position_.begin();) {
    --it;
    const v1::DeploymentState* state = VisibleState(entries_.at(it->second));
    if (state == nullptr || !Matches(request, *state) || !sees(state->service())) continue;
    bytes += state->ByteSizeLong();
    const bool is_large = bytes > kMaxPageBytes && response.states_size() > 0;
    if (response.states_size() == size || is_large) {
      response.set_next_page_token(absl::StrCat(it->first + 1));
      break;
    }
    *response.add_states() = *state;
  }
  return response;
}

absl::StatusOr<SnapshotPtr> Registry::NextAfter(int64_t revision,
                                                const RecordFilter& filter) const {
  MutexLock lock(mutex_);
  const int64_t pruned_through = std::max(PrunedThrough(filter), first_revision_);
  const int64_t complete_through = std::max(revision, filter.begun);
  if (complete_through > 0 && complete_through < pruned_through) {
    return absl::OutOfRangeError(absl::StrCat("revision ", complete_through,
                                              " is too old: states up to revision ", pruned_through,
                                              " are gone; watch from 0 again"));
  }
  if (revision > visible_revision_) {
    return absl::OutOfRangeError(absl::StrCat("revision ", revision,
                                              " is not of this daemon, whose newest is ",
                                              visible_revision_, "; watch from 0 again"));
  }
  for (auto it = log_.upper_bound(std::max(revision, filter.after)); it != log_.end(); ++it) {
    const LogItem& item = it->second;
    if (!filter.deployment_id.empty() && item.id != filter.deployment_id) continue;
    const Entry& entry = entries_.at(item.id);
    if (!filter.service.empty() && entry.state->service() != filter.service) continue;
    return item.frozen != nullptr ? item.frozen : Visible(entry);
  }
  return SnapshotPtr();
}

int64_t Registry::PrunedThrough(const RecordFilter& filter) const {
  // A deployment is pruned as a whole.
  if (!filter.deployment_id.empty() && Find(filter.deployment_id) != nullptr) return 0;
  const auto found = pruned_through_.find(filter.service);
  if (found != pruned_through_.end()) return found->second;
  return memory_.count(filter.service) > 0 ? 0 : forgotten_through_;
}

int64_t Registry::AwaitChange(int64_t seen, absl::Duration until) const {
  MutexLock lock(mutex_);
  while (visible_revision_ <= seen && !closed_ && clock_.Monotonic() < until) {
    clock_.WaitUntil(mutex_, changed_, until);
  }
  return visible_revision_;
}

ChangedRecords Registry::ChangedAfter(int64_t revision) const {
  MutexLock lock(mutex_);
  ChangedRecords changed;
  for (auto it = log_.upper_bound(revision); it != log_.end(); ++it) {
    changed.ids.insert(it->second.id);
    changed.services.insert(entries_.at(it->second.id).state->service());
  }
  return changed;
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

}  // namespace sluice
