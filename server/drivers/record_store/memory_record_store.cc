// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/record_store/memory_record_store.h"

namespace sluice {

absl::StatusOr<StoreChange> MemoryRecordStore::Load() {
  MutexLock lock(mutex_);
  return contents_;
}

absl::Status MemoryRecordStore::Commit(const StoreChange& change) {
  MutexLock lock(mutex_);
  contents_.Add(change);
  for (const auto& [id, record] : change.records) {
    if (record.state != nullptr) continue;
    contents_.records.erase(id);
    std::erase_if(contents_.replaced_states,
                  [&id = id](const auto& item) { return item.second->id() == id; });
  }
  for (const auto& [key, request] : change.requests) {
    if (!request.has_value()) contents_.requests.erase(key);
  }
  for (const auto& [name, memory] : change.services) {
    if (!memory.has_value()) contents_.services.erase(name);
  }
  return absl::OkStatus();
}

absl::Status MemoryRecordStore::Backup(const std::string&) {
  return absl::FailedPreconditionError(
      "there is nothing durable to back up: records are kept in memory alone; set data_dir in the "
      "configuration");
}

}  // namespace sluice
