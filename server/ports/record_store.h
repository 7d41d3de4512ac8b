// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Port: keeps the records and what belongs to them, for the next start of the daemon. Implemented
// by drivers/record_store, called by the engine: Load once, then Commit from the journal's writer
// thread.

#ifndef SLUICE_PORTS_RECORD_STORE_H_
#define SLUICE_PORTS_RECORD_STORE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sluice/journal/v1/journal.pb.h"
#include "sluice/v1/deployment.pb.h"

namespace sluice {

// Shared with the engine's snapshots, so that storing a record copies nothing.
using StatePtr = std::shared_ptr<const v1::DeploymentState>;

struct StoredRecord {
  // The place in the order in which records were created: unique, and the same for ever.
  int64_t position = 0;
  StatePtr state;  // null erases the record
};

// New values by key; one that is null or absent erases. Also what Load returns: the change that
// makes everything from nothing.
struct StoreChange {
  // By deployment id. An id that was erased is not used again.
  std::map<std::string, StoredRecord> records;
  // By revision: terminal states that a later rollback replaced in `records`. They are erased with
  // the record of their id.
  std::map<int64_t, StatePtr> replaced_states;
  // By the engine's key for a request.
  std::map<std::string, std::optional<journal::v1::AcceptedRequest>> requests;
  // By service.
  std::map<std::string, std::optional<journal::v1::ServiceMemory>> services;
  std::optional<journal::v1::Meta> meta;

  // Makes this change and `later` into one that has the effect of both.
  void Add(StoreChange later) {
    for (auto& [id, record] : later.records) records[id] = std::move(record);
    replaced_states.merge(later.replaced_states);
    for (auto& [key, request] : later.requests) requests[key] = std::move(request);
    for (auto& [name, memory] : later.services) services[name] = std::move(memory);
    if (later.meta.has_value()) meta = std::move(later.meta);
  }
};

// All calls block. Load and Commit come from one thread at a time; Backup may run beside them.
class RecordStore {
 public:
  virtual ~RecordStore() = default;

  // Everything that was committed. DATA_LOSS, with what to do, when some of it is damaged.
  virtual absl::StatusOr<StoreChange> Load() = 0;

  // All of `change` is durable when this returns OK. After any error it may or may not be; what was
  // committed before is safe, and every later call returns the error again: whether a disk that
  // failed once kept what it was given cannot be known, so the store must be opened anew.
  // RESOURCE_EXHAUSTED when the disk is full.
  virtual absl::Status Commit(const StoreChange& change) = 0;

  // What every later Commit returns. Known before it when the store has failed after a change was
  // durable, in what it does beside that. From Commit's thread.
  virtual absl::Status failure() const { return absl::OkStatus(); }

  // Writes all that is committed to a new file, readable by its owner alone; whole and durable when
  // this returns OK, absent after an error. ALREADY_EXISTS when there is a file of that name;
  // FAILED_PRECONDITION when the store keeps nothing durable.
  virtual absl::Status Backup(const std::string& file) = 0;
};

}  // namespace sluice

#endif  // SLUICE_PORTS_RECORD_STORE_H_
