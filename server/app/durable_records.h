// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// What makes the daemon's records durable: data directory, store and journal, in the order in which
// they need one another. Made and closed by main's thread.

#ifndef SLUICE_APP_DURABLE_RECORDS_H_
#define SLUICE_APP_DURABLE_RECORDS_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/data_directory.h"
#include "engine/backups.h"
#include "engine/journal.h"
#include "engine/registry.h"
#include "engine/request_log.h"
#include "ports/record_store.h"

namespace sluice {

class DurableRecords {
 public:
  // Locks and reads `data_dir`, hands what it holds to the empty `registry`, and writes from now on
  // what changes there. Returns once this start of the daemon is on the disk. `on_failure` is
  // called once, on the journal's thread, when nothing can be written any more.
  static absl::StatusOr<std::unique_ptr<DurableRecords>> Open(
      const std::string& data_dir, Clock& clock, Registry& registry,
      std::function<void(const absl::Status&)> on_failure);

  // The requests that were accepted before this start, the oldest first.
  const std::vector<RequestLog::Entry>& requests() const { return requests_; }

  Backups& backups() { return *backups_; }

 private:
  DurableRecords() = default;

  std::unique_ptr<DataDirectory> directory_;
  std::unique_ptr<RecordStore> store_;
  std::unique_ptr<Journal> journal_;
  std::unique_ptr<Backups> backups_;
  std::vector<RequestLog::Entry> requests_;
};

}  // namespace sluice

#endif  // SLUICE_APP_DURABLE_RECORDS_H_
