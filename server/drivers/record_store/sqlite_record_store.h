// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Keeps records in sluice.db, a SQLite file of the data directory. Every Commit is one transaction,
// synced to the disk.

#ifndef SLUICE_DRIVERS_RECORD_STORE_SQLITE_RECORD_STORE_H_
#define SLUICE_DRIVERS_RECORD_STORE_SQLITE_RECORD_STORE_H_

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/data_directory.h"
#include "drivers/record_store/sqlite_database.h"
#include "ports/record_store.h"

namespace sluice {

class SqliteRecordStore final : public RecordStore {
 public:
  // The file of a data directory.
  static constexpr char kFileName[] = "sluice.db";

  // Makes the file when it is missing, migrates it when it is older; errors as OpenWithSchema has
  // them. `directory` must outlive the store.
  static absl::StatusOr<std::unique_ptr<SqliteRecordStore>> Open(const DataDirectory& directory);
  ~SqliteRecordStore() override;

  absl::StatusOr<StoreChange> Load() override;
  absl::Status Commit(const StoreChange& change) override;
  absl::Status failure() const override { return failure_; }
  absl::Status Backup(const std::string& file) override;

 private:
  // What one kind of rows is written with.
  struct Table;

  // Where a record's rows are.
  struct Place {
    int64_t position = 0;
    size_t parts = 0;                 // its rows of record_parts
    size_t told_parts = 0;            // as many as its own row tells of
    std::vector<std::string> bodies;  // what they hold; empty when that is not known
  };

  explicit SqliteRecordStore(std::unique_ptr<SqliteDatabase> database);

  absl::Status PrepareTables();
  absl::Status LoadAll(StoreChange& contents);
  absl::Status LoadTable(Table& table, StoreChange& contents);
  // Moves what the last daemon left in the log into the file; see CheckLog for why.
  absl::Status BeginNewLog();
  absl::Status CommitOnce(const StoreChange& change);
  // What is written to a file that has lost its name is lost with the last one who has it open.
  absl::Status CheckIsInPlace() const;
  absl::Status Apply(const StoreChange& change);
  absl::Status PutRecord(const std::string& id, const StoredRecord& record);
  absl::Status PutParts(const std::string& id, const std::vector<std::string>& parts, Place& place);
  absl::Status EraseRecord(const std::string& id);
  // Of a row that Load has read. False when a part is not the one that was to come next.
  bool NotePlace(size_t kind, const std::string& key, int64_t number, int64_t parts);
  // DATA_LOSS when there are other parts than the records' rows tell of.
  absl::Status CheckPlaces() const;
  // Moves the log into the file when it has grown long.
  absl::Status Checkpoint();

  const std::unique_ptr<SqliteDatabase> database_;
  std::vector<Table> tables_;
  // Prepared, as they cost more than a row to compile. Null until PrepareTables.
  std::unique_ptr<SqliteStatement> begin_;
  std::unique_ptr<SqliteStatement> commit_;
  int log_pages_ = 0;
  ino_t inode_ = 0;
  // By id. What a commit that failed leaves here is no matter: no other follows.
  std::map<std::string, Place> places_;
  // The first error of Commit, which stays.
  absl::Status failure_;
};

}  // namespace sluice

#endif  // SLUICE_DRIVERS_RECORD_STORE_SQLITE_RECORD_STORE_H_
