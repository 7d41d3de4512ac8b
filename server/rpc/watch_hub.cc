// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "rpc/watch_hub.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace sluice {

absl::Status WatchHub::Start() {
  SLUICE_ASSIGN_OR_RETURN(Thread thread, Thread::Start("watch-hub", [this] { Run(); }));
  thread_ = std::make_unique<Thread>(std::move(thread));
  return absl::OkStatus();
}

absl::Status WatchHub::Add(const std::shared_ptr<Watcher>& watcher) {
  MutexLock lock(mutex_);
  if (closed_) return absl::UnavailableError("the daemon is shutting down");
  if (watchers_.size() >= kMaxWatchers) {
    return absl::ResourceExhaustedError(
        absl::StrCat(watchers_.size(), " watchers are connected already"));
  }
  watchers_.insert(watcher);
  watcher_came_.NotifyAll();
  return absl::OkStatus();
}

void WatchHub::Remove(const std::shared_ptr<Watcher>& watcher) {
  MutexLock lock(mutex_);
  watchers_.erase(watcher);
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
  absl::Duration next_beat = clock_.Monotonic() + heartbeat_ / 2;
  while (AwaitWatchers() && !registry_.closed()) {
    seen = registry_.AwaitChange(seen, next_beat);
    const bool beats = clock_.Monotonic() >= next_beat;
    for (const auto& watcher : Watchers()) {
      beats ? watcher->Beat() : watcher->Wake();
    }
    if (beats) next_beat = clock_.Monotonic() + heartbeat_ / 2;
  }
}

bool WatchHub::AwaitWatchers() {
  MutexLock lock(mutex_);
  while (watchers_.empty() && !closed_) watcher_came_.Wait(mutex_);
  return !closed_;
}

std::set<std::shared_ptr<Watcher>> WatchHub::Watchers() const {
  MutexLock lock(mutex_);
  return watchers_;
}

}  // namespace sluice
