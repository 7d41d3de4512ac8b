// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/record_store/sqlite_record_store.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/durable_file.h"
#include "base/status_macros.h"
#include "drivers/record_store/record_parts.h"
#include "drivers/record_store/record_rows.h"
#include "drivers/record_store/record_schema.h"
#include "drivers/record_store/sqlite_backup.h"
#include "drivers/record_store/sqlite_failpoints.h"
#include "drivers/record_store/sqlite_schema.h"
#include "google/protobuf/message_lite.h"

namespace sluice {
namespace {

using google::protobuf::MessageLite;

// 4 MB of log: moved into the file in some milliseconds.
constexpr int kCheckpointPages = 1000;
// What a log grows to, and a quarter more for the last commit.
constexpr int64_t kLogBytesAllocated = int64_t{5} << 20;
constexpr char kLogBytesKept[] = "PRAGMA journal_size_limit = 16777216";

int NoteLogPages(void* log_pages, sqlite3*, const char*, int pages) {
  *static_cast<int*>(log_pages) = pages;
  return SQLITE_OK;
}

absl::Status WithContext(const absl::Status& status, absl::string_view context) {
  if (status.ok()) return status;
  return absl::Status(status.code(), absl::StrCat(context, ": ", status.message()));
}

}  // namespace

struct SqliteRecordStore::Table {
  SqliteDatabase& database;
  const RowKind& kind;
  SqliteStatement select;
  SqliteStatement put;
  SqliteStatement erase;
  std::string body;  // kept for its memory

  absl::Status Encode(const std::string& key, const MessageLite& message) {
    if (message.SerializeToString(&body)) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrCat(key, " is too large to be stored"));
  }
  absl::Status PutRow(const RecordRow& row) {
    SLUICE_RETURN_IF_ERROR(put.BindText(0, row.key)
                               .Bind(1, row.number)
                               .BindBytes(2, row.body)
                               .Bind(3, ChecksumOf(kind, row))
                               .Bind(4, row.parts)
                               .Run());
    if (sqlite3_changes(database.handle()) == 1) return absl::OkStatus();
    return absl::InternalError(absl::StrCat("the place ", row.number, " of ", row.key, " in table ",
                                            kind.table, " is another's"));
  }
  absl::Status Put(const std::string& key, int64_t number, const MessageLite& message) {
    SLUICE_RETURN_IF_ERROR(Encode(key, message));
    return PutRow({key, number, body});
  }
  absl::Status Erase(const std::string& key) { return erase.BindText(0, key).Run(); }

  template <typename Message>
  absl::Status PutOrErase(const std::string& key, const std::optional<Message>& message) {
    return message.has_value() ? Put(key, 0, *message) : Erase(key);
  }
};

absl::StatusOr<std::unique_ptr<SqliteRecordStore>> SqliteRecordStore::Open(
    const DataDirectory& directory) {
  const std::string path = absl::StrCat(directory.path(), "/", kFileName);
  InstallWriteFailpoints();
  SLUICE_ASSIGN_OR_RETURN(auto database, OpenWithSchema(path, RecordSchema()));
  std::unique_ptr<SqliteRecordStore> store(new SqliteRecordStore(std::move(database)));
  SLUICE_RETURN_IF_ERROR(store->database_->Execute(kLogBytesKept));
  const absl::Status status = store->PrepareTables();
  if (absl::IsDataLoss(status)) return DamageError(path, status.message());
  SLUICE_RETURN_IF_ERROR(status);
  return store;
}

SqliteRecordStore::SqliteRecordStore(std::unique_ptr<SqliteDatabase> database)
    : database_(std::move(database)), inode_(InodeOf(database_->path())) {
  // Until Load has found it sound, the file stays as it is.
  database_->CheckpointOnClose(false);
  // Takes the place of SQLite's own checkpoints, which keep their errors to themselves.
  sqlite3_wal_hook(database_->handle(), NoteLogPages, &log_pages_);
}

SqliteRecordStore::~SqliteRecordStore() = default;

absl::Status SqliteRecordStore::PrepareTables() {
  SLUICE_ASSIGN_OR_RETURN(SqliteStatement begin,
                          SqliteStatement::Prepare(*database_, "BEGIN IMMEDIATE"));
  SLUICE_ASSIGN_OR_RETURN(SqliteStatement commit, SqliteStatement::Prepare(*database_, "COMMIT"));
  begin_ = std::make_unique<SqliteStatement>(std::move(begin));
  commit_ = std::make_unique<SqliteStatement>(std::move(commit));
  for (const RowKind& kind : kRowKinds) {
    const std::string table = kind.table;
    SLUICE_ASSIGN_OR_RETURN(
        SqliteStatement select,
        SqliteStatement::Prepare(
            *database_, "SELECT key, number, body, checksum, parts FROM " + table + kind.order));
    SLUICE_ASSIGN_OR_RETURN(
        SqliteStatement put,
        SqliteStatement::Prepare(
            *database_, "INSERT INTO " + table +
                            " (key, number, body, checksum, parts) VALUES (?, ?, ?, ?, ?) ON "
                            "CONFLICT DO UPDATE SET body = excluded.body, checksum = "
                            "excluded.checksum, parts = excluded.parts WHERE key = excluded.key"));
    SLUICE_ASSIGN_OR_RETURN(
        SqliteStatement erase,
        SqliteStatement::Prepare(*database_, "DELETE FROM " + table + " WHERE " + kind.erase_by));
    tables_.push_back({*database_, kind, std::move(select), std::move(put), std::move(erase), ""});
  }
  return absl::OkStatus();
}

absl::StatusOr<StoreChange> SqliteRecordStore::Load() {
  StoreChange contents;
  const absl::Status status = LoadAll(contents);
  if (absl::IsDataLoss(status)) return DamageError(database_->path(), status.message());
  SLUICE_RETURN_IF_ERROR(status);
  // After an error nothing is written any more.
  if (!failure_.ok()) return contents;
  failure_ = WithContext(BeginNewLog(), "cannot write");
  SLUICE_RETURN_IF_ERROR(failure_);
  database_->CheckpointOnClose(true);
  return contents;
}

absl::Status SqliteRecordStore::LoadAll(StoreChange& contents) {
  SLUICE_ASSIGN_OR_RETURN(const std::string verdict, database_->Query("PRAGMA quick_check(1)"));
  if (verdict != "ok") return absl::DataLossError(verdict);
  for (Table& table : tables_) SLUICE_RETURN_IF_ERROR(LoadTable(table, contents));
  return CheckPlaces();
}

absl::Status SqliteRecordStore::BeginNewLog() {
  const int code = sqlite3_wal_checkpoint_v2(database_->handle(), nullptr,
                                             SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  if (code != SQLITE_OK) return database_->LastError();
  return database_->AllocateLog(kLogBytesAllocated);
}

absl::Status SqliteRecordStore::LoadTable(Table& table, StoreChange& contents) {
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(const bool found, table.select.Step());
    if (!found) return table.select.Run();
    const RecordRow row{std::string(table.select.Bytes(0)), table.select.Int(1),
                        table.select.Bytes(2), table.select.Int(4)};
    const bool is_sound = ChecksumOf(table.kind, row) == table.select.Int(3);
    const auto kind = static_cast<size_t>(&table - tables_.data());
    const bool is_next = NotePlace(kind, row.key, row.number, row.parts);
    if (!is_sound || !is_next || !table.kind.take(row, contents)) {
      return absl::DataLossError(absl::StrCat("what it holds of ", row.key, " in table ",
                                              table.kind.table, " is not what was written"));
    }
  }
}

absl::Status SqliteRecordStore::Commit(const StoreChange& change) {
  SLUICE_RETURN_IF_ERROR(failure_);
  absl::Status status = CheckIsInPlace();
  if (status.ok()) status = CommitOnce(change);
  // The change is durable even when this fails.
  failure_ = WithContext(status.ok() ? Checkpoint() : status, "cannot write");
  // What a failed sync left in memory must not pass for what is on the disk: the next start reads
  // the log anew and checks it.
  if (!failure_.ok()) database_->CheckpointOnClose(false);
  return status.ok() ? status : failure_;
}

absl::Status SqliteRecordStore::CheckIsInPlace() const {
  if (InodeOf(database_->path()) == inode_) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(database_->path(), " was removed or replaced while it is in use"));
}

absl::Status SqliteRecordStore::CommitOnce(const StoreChange& change) {
  SLUICE_RETURN_IF_ERROR(begin_->Run());
  absl::Status status = Apply(change);
  if (status.ok()) status = commit_->Run();
  // Some errors have rolled back already; then this one fails, which is no matter.
  if (!status.ok()) database_->Execute("ROLLBACK").IgnoreError();
  return status;
}

absl::Status SqliteRecordStore::Apply(const StoreChange& change) {
  for (const auto& [revision, state] : change.replaced_states) {
    SLUICE_RETURN_IF_ERROR(tables_[kReplacedStates].Put(state->id(), revision, *state));
  }
  for (const auto& [id, record] : change.records) {
    SLUICE_RETURN_IF_ERROR(record.state == nullptr ? EraseRecord(id) : PutRecord(id, record));
  }
  for (const auto& [key, request] : change.requests) {
    SLUICE_RETURN_IF_ERROR(tables_[kRequests].PutOrErase(key, request));
  }
  for (const auto& [name, memory] : change.services) {
    SLUICE_RETURN_IF_ERROR(tables_[kServices].PutOrErase(name, memory));
  }
  if (!change.meta.has_value()) return absl::OkStatus();
  return tables_[kMeta].Put("meta", 0, *change.meta);
}

absl::Status SqliteRecordStore::PutRecord(const std::string& id, const StoredRecord& record) {
  Table& table = tables_[kRecords];
  SLUICE_RETURN_IF_ERROR(table.Encode(id, *record.state));
  RecordParts split = SplitRecord(table.body);
  const auto count = static_cast<int64_t>(split.parts.size());
  SLUICE_RETURN_IF_ERROR(table.PutRow({id, record.position, split.head, count}));
  Place& place = places_[id];
  place.position = record.position;
  SLUICE_RETURN_IF_ERROR(PutParts(id, split.parts, place));
  // A record that has ended changes again only when it is rolled back.
  place.bodies.clear();
  if (!record.state->has_end_time()) place.bodies = std::move(split.parts);
  return absl::OkStatus();
}

absl::Status SqliteRecordStore::PutParts(const std::string& id,
                                         const std::vector<std::string>& parts, Place& place) {
  Table& table = tables_[kParts];
  for (size_t i = 0; i < parts.size(); ++i) {
    if (i < place.bodies.size() && place.bodies[i] == parts[i]) continue;
    SLUICE_RETURN_IF_ERROR(table.PutRow({id, static_cast<int64_t>(i), parts[i]}));
  }
  for (size_t i = parts.size(); i < place.parts; ++i) {
    SLUICE_RETURN_IF_ERROR(table.erase.BindText(0, id).Bind(1, static_cast<int64_t>(i)).Run());
  }
  place.parts = parts.size();
  return absl::OkStatus();
}

absl::Status SqliteRecordStore::EraseRecord(const std::string& id) {
  SLUICE_RETURN_IF_ERROR(tables_[kReplacedStates].Erase(id));
  const auto found = places_.find(id);
  if (found == places_.end()) return absl::OkStatus();
  Place place = std::move(found->second);
  places_.erase(found);
  SLUICE_RETURN_IF_ERROR(PutParts(id, {}, place));
  return tables_[kRecords].erase.Bind(0, place.position).Run();
}

bool SqliteRecordStore::NotePlace(size_t kind, const std::string& key, int64_t number,
                                  int64_t parts) {
  if (kind == kRecords) {
    places_[key] = {.position = number, .told_parts = static_cast<size_t>(parts)};
  }
  if (kind != kParts) return true;
  // They come in their order.
  return number == static_cast<int64_t>(places_[key].parts++);
}

absl::Status SqliteRecordStore::CheckPlaces() const {
  for (const auto& [id, place] : places_) {
    if (place.parts != place.told_parts) {
      return absl::DataLossError(absl::StrCat("of ", id, " parts are missing"));
    }
  }
  return absl::OkStatus();
}

absl::Status SqliteRecordStore::Checkpoint() {
  if (log_pages_ < kCheckpointPages) return absl::OkStatus();
  const int code = sqlite3_wal_checkpoint_v2(database_->handle(), nullptr,
                                             SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  // A reader is at work: the next commit tries again.
  if (code == SQLITE_OK || (code & 0xFF) == SQLITE_BUSY) return absl::OkStatus();
  return database_->LastError();
}

absl::Status SqliteRecordStore::Backup(const std::string& file) {
  return BackupDatabase(database_->path(), file);
}

}  // namespace sluice
