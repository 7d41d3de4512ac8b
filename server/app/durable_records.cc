// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "app/durable_records.h"

#include <atomic>
#include <memory>
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
  // Until this returns, an error is what it returns.
  const auto is_open = std::make_shared<std::atomic<bool>>(false);
  const auto if_open = [is_open, on_failure = std::move(on_failure)](const absl::Status& failure) {
    if (*is_open) on_failure(failure);
  };
  SLUICE_ASSIGN_OR_RETURN(records->journal_,
                          Journal::Start(clock, *records->store_, {.on_failure = if_open}));
  SLUICE_ASSIGN_OR_RETURN(records->backups_, Backups::Start(clock, *records->store_));
  records->requests_ = RequestLog::EntriesIn(contents);
  const size_t count = contents.records.size();
  registry.Restore(std::move(contents), *records->journal_);
  absl::Status status = registry.AwaitDurable();
  if (status.ok()) status = records->journal_->failure();
  if (!status.ok()) {
    // In the store's words: what the journal says is for those who had something accepted.
    records->journal_->Close();
    const absl::Status cause = records->store_->Commit({});
    return cause.ok() ? status : cause;
  }
  *is_open = true;
  spdlog::info("event=records_restored data_dir=\"{}\" deployments={} epoch={}", data_dir, count,
               registry.epoch());
  return records;
}

}  // namespace sluice
