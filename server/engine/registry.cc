// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The writers' side of the registry.

#include "engine/registry.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/transition.h"
#include "strategy/deployment_state.h"

namespace sluice {

Registry::Registry(Clock& clock, int history_per_service)
    : clock_(clock),
      history_per_service_(history_per_service),
      first_revision_(absl::ToUnixMicros(clock.Now())),
      revision_(first_revision_),
      visible_revision_(first_revision_),
      newest_revision_(first_revision_) {}

SnapshotPtr Registry::Insert(v1::DeploymentState state, RequestLog::Entry request) {
  MutexLock lock(mutex_);
  // Not stored for that: which deployment is the latest one shows in the records.
  const std::string before =
      std::exchange(Change(state.service()).latest_deployment_id, state.id());
  if (const Entry* other = Find(before)) at_rest_.erase(other->position);
  Entry& entry = Add(std::move(state), ++last_position_);
  Changed(entry, nullptr, std::move(request));
  return entry.state.Share();
}

Registry::Entry& Registry::Add(v1::DeploymentState state, int64_t position) {
  const std::string id = state.id();
  by_service_[state.service()].push_back(id);
  by_position_.insert_or_assign(by_position_.end(), position, id);
  Entry entry{.state = SharedState(std::move(state)), .position = position};
  return entries_.insert_or_assign(id, std::move(entry)).first->second;
}

absl::Status Registry::Update(const std::string& id,
                              absl::FunctionRef<absl::Status(v1::DeploymentState&)> change,
                              RequestLog::Entry request) {
  MutexLock lock(mutex_);
  const auto found = entries_.find(id);
  if (found == entries_.end()) return NoDeployment(id);
  Entry& entry = found->second;
  const v1::Status before = entry.state->status();
  // A rollback of a finished deployment replaces a terminal state, which a slow watcher must still
  // see: keep it under its old revision.
  const SnapshotPtr terminal = IsTerminal(before) ? entry.state.Share() : nullptr;
  if (absl::Status status = change(entry.state.Mutable()); !status.ok()) return status;
  const v1::Status after = entry.state->status();
  if (absl::Status status = CheckTransition(before, after); !status.ok()) {
    entry.state.Mutable().set_status(before);
    return status;
  }
  if (IsTerminal(after) && after != before) Remember(*entry.state);
  if (after != before) NoteRest(entry);
  const std::string service = entry.state->service();
  Changed(entry, after != before ? terminal : nullptr, std::move(request));
  if (IsTerminal(after) && after != before) Prune(service);
  return absl::OkStatus();
}

absl::Status Registry::Read(const std::string& id,
                            absl::FunctionRef<void(const v1::DeploymentState&)> read) const {
  MutexLock lock(mutex_);
  const Entry* entry = Find(id);
  if (entry == nullptr) return NoDeployment(id);
  read(*entry->state);
  return absl::OkStatus();
}

absl::StatusOr<SnapshotPtr> Registry::Latest(const std::string& id) const {
  MutexLock lock(mutex_);
  const Entry* entry = Find(id);
  if (entry == nullptr) return NoDeployment(id);
  return entry->state.Share();
}

std::vector<SnapshotPtr> Registry::Unfinished() const {
  MutexLock lock(mutex_);
  std::vector<SnapshotPtr> unfinished;
  for (const auto& [position, id] : by_position_) {
    const Entry& entry = entries_.at(id);
    if (!IsTerminal(entry.state->status())) unfinished.push_back(entry.state.Share());
  }
  return unfinished;
}

void Registry::ForgetRequests(const std::vector<std::string>& keys) {
  if (keys.empty()) return;
  MutexLock lock(mutex_);
  if (journal_ == nullptr) return;
  for (const std::string& key : keys) changes_.requests[key] = std::nullopt;
  CommitNext();
}

const Registry::Entry* Registry::Find(const std::string& id) const {
  const auto found = entries_.find(id);
  return found == entries_.end() ? nullptr : &found->second;
}

const v1::DeploymentState* Registry::VisibleState(const Entry& entry) const {
  if (journal_ == nullptr) return &*entry.state;
  return entry.durable == nullptr ? nullptr : &entry.durable->state();
}

SnapshotPtr Registry::Visible(const Entry& entry) const {
  return journal_ == nullptr ? entry.state.Share() : entry.durable;
}

void Registry::Changed(Entry& entry, const SnapshotPtr& replaced, RequestLog::Entry request) {
  entry.state.Mutable().set_revision(++revision_);
  if (journal_ == nullptr) {
    changes_ = {};
    if (replaced != nullptr) PublishReplaced(replaced);
    return Publish(entry, revision_);
  }
  changes_.records.insert(entry.state->id());
  if (replaced != nullptr) changes_.replaced[replaced->state().revision()] = replaced;
  if (!request.key.empty()) changes_.requests[request.key] = std::move(request.accepted);
  CommitNext();
}

void Registry::Publish(Entry& entry, int64_t revision) {
  if (entry.published == 0) {
    log_.insert_or_assign(log_.end(), revision, LogItem{entry.state->id(), nullptr});
  } else {
    auto item = log_.extract(entry.published);
    item.key() = revision;
    log_.insert(log_.end(), std::move(item));
  }
  entry.published = revision;
  newest_revision_ = visible_revision_ = std::max(visible_revision_, revision);
  changed_.NotifyAll();
}

void Registry::PublishReplaced(const SnapshotPtr& state) {
  const auto found = entries_.find(state->state().id());
  if (found == entries_.end()) return;
  const int64_t revision = state->state().revision();
  log_[revision] = {found->first, state};
  found->second.replaced.push_back(revision);
  if (found->second.published == revision) found->second.published = 0;
}

}  // namespace sluice
