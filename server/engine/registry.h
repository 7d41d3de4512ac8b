// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// All records in memory, and the one function through which every change of them goes. The manager
// and the runners write; RPC threads and watchers read. It stamps
// nothing: time comes in with the records.

#ifndef SLUICE_ENGINE_REGISTRY_H_
#define SLUICE_ENGINE_REGISTRY_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "engine/snapshot.h"
#include "sluice/v1/deployment_service.pb.h"

namespace sluice {

// Which records a reader wants; both empty: all.
struct RecordFilter {
  std::string deployment_id;  // whole
  std::string service;
  int64_t after = 0;  // nothing up to this revision: a reader that begins with the present
};

// What is known of a service from its deployments.
struct ServiceMemory {
  std::string active_version;                          // of the last one that completed
  std::string activated_by;                            // the deployment that made it so
  std::map<std::string, std::string> target_versions;  // by target id
  std::string latest_deployment_id;
};

// Thread-safe.
class Registry {
 public:
  // Keeps the last `history_per_service` finished records of each service. Revisions begin with the
  // clock's microseconds, so that those of an earlier run of the daemon are not taken for its own.
  Registry(Clock& clock, int history_per_service);

  // Adds a record. Its id must be new.
  void Insert(v1::DeploymentState state);

  // As Record::Update, for the record `id`; NOT_FOUND when there is none. Checks the transition,
  // gives the record the next revision and wakes the watchers.
  absl::Status Update(const std::string& id,
                      absl::FunctionRef<absl::Status(v1::DeploymentState&)> change);
  absl::Status Read(const std::string& id,
                    absl::FunctionRef<void(const v1::DeploymentState&)> read) const;

  absl::StatusOr<SnapshotPtr> Get(const std::string& id) const;
  // The whole id for a unique prefix of one. NOT_FOUND, or INVALID_ARGUMENT listing the candidates.
  absl::StatusOr<std::string> Resolve(const std::string& prefix) const;
  absl::StatusOr<std::string> LatestOf(const std::string& service) const;
  absl::StatusOr<v1::ListStatesResponse> List(const v1::ListStatesRequest& request) const;

  // The next state after `revision` in order of revisions; null when there is none yet. A reader
  // that goes on with the revision of what it got sees the latest state of every record, and every
  // terminal state. OUT_OF_RANGE when wanted records after `revision` (unless it is 0) are gone, or
  // it is none of this registry.
  absl::StatusOr<SnapshotPtr> NextAfter(int64_t revision, const RecordFilter& filter) const;
  // Blocks until the newest revision is above `seen` or Close was called; returns the newest one.
  int64_t AwaitChange(int64_t seen) const;
  void Close();
  bool closed() const;

  ServiceMemory MemoryOf(const std::string& service) const;
  std::vector<std::string> Services() const;

 private:
  struct Entry {
    v1::DeploymentState state;
    mutable SnapshotPtr snapshot;  // of `state`; null when it is older
  };
  // A place in the order of revisions: a record's present state, or a terminal state that a later
  // rollback replaced.
  struct LogItem {
    std::string id;
    SnapshotPtr frozen;
  };

  SnapshotPtr SnapshotOf(const Entry& entry) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Publish(Entry& entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Remember(const v1::DeploymentState& state) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Prune(const std::string& service) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Erase(const std::string& id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  int64_t PrunedThrough(const RecordFilter& filter) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  const Entry* Find(const std::string& id) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Clock& clock_;
  const int history_per_service_;
  const int64_t first_revision_;

  mutable Mutex mutex_;
  mutable CondVar changed_;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  int64_t revision_ ABSL_GUARDED_BY(mutex_);
  // The newest revision that was pruned, by service; under "" that of all.
  std::map<std::string, int64_t> pruned_through_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, Entry> entries_ ABSL_GUARDED_BY(mutex_);
  std::map<int64_t, LogItem> log_ ABSL_GUARDED_BY(mutex_);
  // Ids in the order in which they were inserted, for each service and for all.
  std::map<std::string, std::vector<std::string>> by_service_ ABSL_GUARDED_BY(mutex_);
  std::map<int64_t, std::string> by_order_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, int64_t> order_of_ ABSL_GUARDED_BY(mutex_);
  int64_t next_order_ ABSL_GUARDED_BY(mutex_) = 1;
  std::map<std::string, ServiceMemory> memory_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice

#endif  // SLUICE_ENGINE_REGISTRY_H_
