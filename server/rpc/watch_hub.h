// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Wakes the open watch streams when a record changes: one thread for all of them, so that neither
// the engine nor gRPC's few callback threads pay for a thousand watchers.

#ifndef SLUICE_RPC_WATCH_HUB_H_
#define SLUICE_RPC_WATCH_HUB_H_

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "base/thread.h"
#include "engine/registry.h"

namespace sluice {

// What the hub wakes. Thread-safe.
class Watcher {
 public:
  virtual ~Watcher() = default;
  // Whether Wake could find something.
  virtual bool Wants(const ChangedRecords& changed) const = 0;
  // Something changed: send what is new unless a write is under way.
  virtual void Wake() = 0;
  // As Wake. Comes twice in each heartbeat: who was told nothing since the last one is told that
  // the daemon is alive.
  virtual void Beat() = 0;
  // Ends the stream when its caller may no longer watch.
  virtual void Check() = 0;
  // Ends the stream.
  virtual void End(const absl::Status& status) = 0;
};

// Thread-safe.
class WatchHub {
 public:
  static constexpr size_t kMaxWatchers = 10'000;

  struct Options {
    size_t most_of_one = kMaxWatchers;  // streams that one principal may have open
    // No stream is silent for longer.
    absl::Duration heartbeat = absl::InfiniteDuration();
  };

  WatchHub(Registry& registry, Clock& clock, const Options& options)
      : registry_(registry), clock_(clock), options_(options) {}

  // Begins to wake. The thread ends after Close, once the registry is closed too; both must come
  // before this is destroyed.
  absl::Status Start();

  // RESOURCE_EXHAUSTED when there are too many, in all or of `owner`; UNAVAILABLE after Close.
  absl::Status Add(const std::shared_ptr<Watcher>& watcher, const std::string& owner);
  void Remove(const std::shared_ptr<Watcher>& watcher);
  // Ends the streams of those who may no longer watch.
  void Check();
  // Ends all streams, each after the states that it has not sent yet and the revision from which to
  // go on.
  void Close();

 private:
  void Run();
  void WakeWhoWants(const ChangedRecords& changed);
  // While nobody watches, changes wake nobody. False after Close.
  bool AwaitWatchers();
  std::vector<std::shared_ptr<Watcher>> Watchers() const;

  Registry& registry_;
  Clock& clock_;
  const Options options_;
  mutable Mutex mutex_;
  CondVar watcher_came_;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  // With their owners.
  std::map<std::shared_ptr<Watcher>, std::string> watchers_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, size_t> of_owner_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<Thread> thread_;
};

}  // namespace sluice

#endif  // SLUICE_RPC_WATCH_HUB_H_
