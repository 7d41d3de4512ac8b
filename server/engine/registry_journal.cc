// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The registry's side of the journal: what becomes durable, when, and what was.

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/commit_waiter.h"
#include "engine/registry.h"

namespace sluice {
namespace {

constexpr size_t kMaxWaiting = 10'000;

// Shares the snapshot's memory.
StatePtr StateIn(const SnapshotPtr& snapshot) { return {snapshot, &snapshot->state()}; }

void TakeStored(const journal::v1::ServiceMemory& stored, ServiceMemory& memory) {
  memory.active_version = stored.active_version();
  memory.activated_by = stored.activated_by();
  memory.target_versions = {stored.target_versions().begin(), stored.target_versions().end()};
  for (const auto& [id, version] : memory.target_versions) memory.from_earlier_run.insert(id);
  memory.latest_deployment_id = stored.latest_deployment_id();
}

}  // namespace

void Registry::Restore(StoreChange contents, Journal& journal) {
  MutexLock lock(mutex_);
  journal_ = &journal;
  std::map<int64_t, StoredRecord> by_position;
  for (const auto& [id, record] : contents.records) by_position[record.position] = record;
  for (const auto& [position, record] : by_position) {
    Entry& entry = Add(*record.state, position);
    entry.durable = entry.state.Share();
    Publish(entry, record.state->revision());
  }
  for (const auto& [revision, state] : contents.replaced_states) {
    PublishReplaced(std::make_shared<Snapshot>(*state));
  }
  RestoreCounters(contents);
  RestoreServices(contents);
  for (const auto& [position, record] : by_position) {
    Change(record.state->service()).latest_deployment_id = record.state->id();
  }
  for (const auto& [id, entry] : entries_) NoteRest(entry);
  for (const auto& [service, memory] : memory_) Prune(service);
  // Not alone for what was pruned: the new epoch must be durable before it is used.
  changes_.counters = true;
  changes_.waiting.emplace_back([](const absl::Status&) {});
  CommitNext();
}

void Registry::RestoreCounters(const StoreChange& contents) {
  if (contents.meta.has_value()) {
    const journal::v1::Meta& meta = *contents.meta;
    first_revision_ = meta.first_revision();
    epoch_ = meta.epoch();
    pruned_through_[""] = meta.pruned_through_revision();
    forgotten_through_ = meta.forgotten_through_revision();
    revision_ = meta.revision();
    last_position_ = meta.position();
  }
  // They are stored when a record goes; what came since, the records tell.
  for (const auto& [id, record] : contents.records) {
    revision_ = std::max(revision_, record.state->revision());
    last_position_ = std::max(last_position_, record.position);
  }
  // These records may be a copy, after which others were made: the clock knows what the copy does
  // not. Else targets would refuse the epoch, and who watched those others would miss as many.
  epoch_ = std::max(epoch_ + 1, absl::ToUnixSeconds(clock_.Now()));
  revision_ = std::max(revision_, absl::ToUnixMicros(clock_.Now()));
  newest_revision_ = visible_revision_ = durable_revision_ = revision_;
}

void Registry::RestoreServices(const StoreChange& contents) {
  for (const auto& [name, stored] : contents.services) {
    if (!stored.has_value()) continue;
    TakeStored(*stored, Change(name));
    pruned_through_[name] = stored->pruned_through_revision();
  }
}

int64_t Registry::epoch() const {
  MutexLock lock(mutex_);
  return epoch_;
}

absl::Status Registry::CheckWritable() const {
  MutexLock lock(mutex_);
  if (!failure_.ok()) return failure_;
  const size_t waiting =
      changes_.waiting.size() + (commit_ == nullptr ? 0 : commit_->waiting.size());
  if (waiting < kMaxWaiting) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      absl::StrCat(waiting, " changes wait for the disk already; try again later"));
}

absl::Status Registry::failure() const {
  MutexLock lock(mutex_);
  return failure_;
}

void Registry::WhenDurable(OnDurable done) {
  absl::Status status;
  {
    MutexLock lock(mutex_);
    status = failure_;
    const bool pending = commit_ != nullptr || !changes_.empty();
    if (status.ok() && journal_ != nullptr && pending) {
      (changes_.empty() ? commit_->waiting : changes_.waiting).push_back(std::move(done));
      return;
    }
  }
  done(status);
}

void Registry::WhenDurable(int64_t revision, OnDurable done) {
  absl::Status status;
  {
    MutexLock lock(mutex_);
    const bool pending = journal_ != nullptr && revision > durable_revision_;
    if (pending && failure_.ok()) {
      const bool is_under_way = commit_ != nullptr && revision <= commit_->revision;
      (is_under_way ? commit_->waiting : changes_.waiting).push_back(std::move(done));
      return;
    }
    if (pending) status = failure_;
  }
  done(status);
}

absl::Status Registry::AwaitDurable() {
  // Shared: the journal's thread may still be in Finish when Await returns.
  const auto waiter = std::make_shared<CommitWaiter>(clock_);
  WhenDurable([waiter](const absl::Status& status) { waiter->Finish(status); });
  return waiter->Await();
}

void Registry::CommitNext() {
  if (commit_ != nullptr || changes_.empty() || !failure_.ok()) return;
  commit_ = std::make_shared<Commit>();
  StoreChange change = TakeChanges(*commit_);
  const auto on_durable = [this, commit = commit_](const absl::Status& status) {
    OnCommitted(*commit, status);
  };
  failure_ = journal_->Append(std::move(change), on_durable);
}

StoreChange Registry::TakeChanges(Commit& commit) {
  Changes changes = std::exchange(changes_, {});
  StoreChange change;
  for (const std::string& id : changes.records) {
    const Entry* entry = Find(id);
    StoredRecord& record = change.records[id];
    if (entry == nullptr) continue;  // Pruned.
    commit.records[id] = entry->state.Share();
    record = {entry->position, StateIn(commit.records[id])};
  }
  for (const auto& [revision, snapshot] : changes.replaced) {
    if (Find(snapshot->state().id()) != nullptr)
      change.replaced_states[revision] = StateIn(snapshot);
  }
  for (const std::string& name : changes.services) {
    std::optional<journal::v1::ServiceMemory>& memory = change.services[name];
    if (memory_.count(name) > 0) memory = StoredMemory(name);
  }
  change.requests = std::move(changes.requests);
  // Not with every commit: a new record costs one page of the log less.
  if (changes.counters) change.meta = MetaNow();
  commit.replaced = std::move(changes.replaced);
  commit.waiting = std::move(changes.waiting);
  commit.revision = revision_;
  return change;
}

journal::v1::Meta Registry::MetaNow() const {
  journal::v1::Meta meta;
  meta.set_revision(revision_);
  meta.set_epoch(epoch_);
  meta.set_position(last_position_);
  meta.set_first_revision(first_revision_);
  meta.set_forgotten_through_revision(forgotten_through_);
  const auto pruned = pruned_through_.find("");
  if (pruned != pruned_through_.end()) meta.set_pruned_through_revision(pruned->second);
  return meta;
}

journal::v1::ServiceMemory Registry::StoredMemory(const std::string& service) const {
  journal::v1::ServiceMemory stored;
  const ServiceMemory& memory = memory_.at(service);
  stored.set_active_version(memory.active_version);
  stored.set_activated_by(memory.activated_by);
  stored.set_latest_deployment_id(memory.latest_deployment_id);
  stored.mutable_target_versions()->insert(memory.target_versions.begin(),
                                           memory.target_versions.end());
  const auto pruned = pruned_through_.find(service);
  if (pruned != pruned_through_.end()) stored.set_pruned_through_revision(pruned->second);
  return stored;
}

void Registry::OnCommitted(Commit& commit, const absl::Status& status) {
  std::vector<OnDurable> waiting;
  std::vector<OnDurable> failed;
  absl::Status failure;
  {
    MutexLock lock(mutex_);
    commit_ = nullptr;
    waiting = std::move(commit.waiting);
    if (status.ok()) {
      durable_revision_ = commit.revision;
      for (const auto& [revision, snapshot] : commit.replaced) PublishReplaced(snapshot);
      for (const auto& [id, snapshot] : commit.records) {
        const auto found = entries_.find(id);
        if (found == entries_.end()) continue;
        found->second.durable = snapshot;
        Publish(found->second, snapshot->state().revision());
      }
      CommitNext();
    } else {
      failure_ = status;
    }
    failure = failure_;
    if (!failure.ok()) failed = std::exchange(changes_.waiting, {});
    if (!failure.ok() && commit_ != nullptr) {  // It was refused.
      failed.insert(failed.end(), commit_->waiting.begin(), commit_->waiting.end());
      commit_ = nullptr;
    }
  }
  for (const OnDurable& done : waiting) done(status);
  for (const OnDurable& done : failed) done(failure);
}

}  // namespace sluice
