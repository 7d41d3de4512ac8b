// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "rpc/watch_hub.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/violations.h"

namespace sluice {

absl::Status WatchHub::Start() {
  SLUICE_ASSIGN_OR_RETURN(Thread thread, Thread::Start("watch-hub", [this] { Run(); }));
  thread_ = std::make_unique<Thread>(std::move(thread));
  return absl::OkStatus();
}

absl::Status WatchHub::Add(const std::shared_ptr<Watcher>& watcher, const std::string& owner) {
  MutexLock lock(mutex_);
  if (closed_) return absl::UnavailableError("the daemon is shutting down");
  if (watchers_.size() >= kMaxWatchers) {
    return absl::ResourceExhaustedError(
        absl::StrCat(watchers_.size(), " watchers are connected already"));
  }
  if (of_owner_[owner] >= options_.most_of_one) {
    return absl::ResourceExhaustedError(
        absl::StrCat(options_.most_of_one, " watches of ", Quoted(owner),
                     " are open already (limits.max_watches_per_principal)"));
  }
  watchers_.emplace(watcher, owner);
  ++of_owner_[owner];
  watcher_came_.NotifyAll();
  return absl::OkStatus();
}

void WatchHub::Remove(const std::shared_ptr<Watcher>& watcher) {
  MutexLock lock(mutex_);
  const auto found = watchers_.find(watcher);
  if (found == watchers_.end()) return;
  const auto owner = of_owner_.find(found->second);
  if (--owner->second == 0) of_owner_.erase(owner);
  watchers_.erase(found);
}

void WatchHub::Check() {
  for (const auto& watcher : Watchers()) watcher->Check();
}

void WatchHub::Close() {
  {
    MutexLock lock(mutex_);
    closed_ = true;
    watcher_came_.NotifyAll();
  }
  for (const auto& watcher : Watchers()) {
    watcher->End(absl::UnavailableError("the daemon is shutting down"));
  }
}

void WatchHub::Run() {
  int64_t seen = 0;
  absl::Duration next_beat = clock_.Monotonic() + options_.heartbeat / 2;
  while (AwaitWatchers() && !registry_.closed()) {
    const int64_t before = seen;
    seen = registry_.AwaitChange(before, next_beat);
    if (clock_.Monotonic() < next_beat) {
      WakeWhoWants(registry_.ChangedAfter(before));
      continue;
    }
    for (const auto& watcher : Watchers()) watcher->Beat();
    next_beat = clock_.Monotonic() + options_.heartbeat / 2;
  }
}

// A thousand who watch one deployment each are not asked at every change of another.
void WatchHub::WakeWhoWants(const ChangedRecords& changed) {
  for (const auto& watcher : Watchers()) {
    if (watcher->Wants(changed)) watcher->Wake();
  }
}

bool WatchHub::AwaitWatchers() {
  MutexLock lock(mutex_);
  while (watchers_.empty() && !closed_) watcher_came_.Wait(mutex_);
  return !closed_;
}

std::vector<std::shared_ptr<Watcher>> WatchHub::Watchers() const {
  MutexLock lock(mutex_);
  std::vector<std::shared_ptr<Watcher>> all;
  all.reserve(watchers_.size());
  for (const auto& [watcher, owner] : watchers_) all.push_back(watcher);
  return all;
}

}  // namespace sluice
