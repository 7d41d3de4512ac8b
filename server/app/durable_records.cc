// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "app/durable_records.h"

#include <utility>

#include "base/status_macros.h"
#include "drivers/record_store/sqlite_record_store.h"
#include "spdlog/spdlog.h"

namespace sluice {

absl::StatusOr<std::unique_ptr<DurableRecords>> DurableRecords::Open(
    const std::string& data_dir, Clock& clock, Registry& registry,
    std::function<void(const absl::Status&)> on_failure) {
  std::unique_ptr<DurableRecords> records(new DurableRecords());
  SLUICE_ASSIGN_OR_RETURN(records->directory_, DataDirectory::Open(data_dir));
  SLUICE_ASSIGN_OR_RETURN(records->store_, SqliteRecordStore::Open(*records->directory_));
  SLUICE_ASSIGN_OR_RETURN(StoreChange contents, records->store_->Load());
  SLUICE_ASSIGN_OR_RETURN(records->journal_, Journal::Start(clock, *records->store_,
                                                            {.on_failure = std::move(on_failure)}));
  SLUICE_ASSIGN_OR_RETURN(records->backups_, Backups::Start(clock, *records->store_));
  records->requests_ = RequestLog::EntriesIn(contents);
  const size_t count = contents.records.size();
  registry.Restore(std::move(contents), *records->journal_);
  SLUICE_RETURN_IF_ERROR(registry.AwaitDurable());
  spdlog::info("event=records_restored data_dir=\"{}\" deployments={} epoch={}", data_dir, count,
               registry.epoch());
  return records;
}

}  // namespace sluice
