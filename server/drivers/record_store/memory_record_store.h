// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Keeps records for the life of the process alone: what a daemon without data_dir uses, and tests.

#ifndef SLUICE_DRIVERS_RECORD_STORE_MEMORY_RECORD_STORE_H_
#define SLUICE_DRIVERS_RECORD_STORE_MEMORY_RECORD_STORE_H_

#include <string>

#include "base/mutex.h"
#include "ports/record_store.h"

namespace sluice {

// Thread-safe.
class MemoryRecordStore final : public RecordStore {
 public:
  absl::StatusOr<StoreChange> Load() override;
  absl::Status Commit(const StoreChange& change) override;
  absl::Status Backup(const std::string& file) override;

 private:
  Mutex mutex_;
  StoreChange contents_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice

#endif  // SLUICE_DRIVERS_RECORD_STORE_MEMORY_RECORD_STORE_H_
