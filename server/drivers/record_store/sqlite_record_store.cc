// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/record_store/sqlite_record_store.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/crc32c.h"
#include "base/status_macros.h"
#include "drivers/record_store/sqlite_backup.h"
#include "drivers/record_store/sqlite_failpoints.h"
#include "drivers/record_store/sqlite_schema.h"
#include "google/protobuf/message_lite.h"

namespace sluice {
namespace {

using google::protobuf::MessageLite;

// Rows of every kind have one shape. `number` is a record's position, a replaced state's revision,
// else 0.
constexpr char kVersion1[] = R"sql(
CREATE TABLE records (
  key TEXT NOT NULL, number INTEGER NOT NULL, body BLOB NOT NULL, checksum INTEGER NOT NULL,
  PRIMARY KEY (key, number)) STRICT;
CREATE TABLE replaced_states (
  key TEXT NOT NULL, number INTEGER NOT NULL, body BLOB NOT NULL, checksum INTEGER NOT NULL,
  PRIMARY KEY (key, number)) STRICT;
CREATE TABLE requests (
  key TEXT NOT NULL, number INTEGER NOT NULL, body BLOB NOT NULL, checksum INTEGER NOT NULL,
  PRIMARY KEY (key, number)) STRICT;
CREATE TABLE services (
  key TEXT NOT NULL, number INTEGER NOT NULL, body BLOB NOT NULL, checksum INTEGER NOT NULL,
  PRIMARY KEY (key, number)) STRICT;
CREATE TABLE meta (
  key TEXT NOT NULL, number INTEGER NOT NULL, body BLOB NOT NULL, checksum INTEGER NOT NULL,
  PRIMARY KEY (key, number)) STRICT;
)sql";

SqliteSchema Schema() { return {.application_id = 0x534C5543, .steps = {kVersion1}}; }

// 4 MB of log: moved into the file in some milliseconds.
constexpr int kCheckpointPages = 1000;
constexpr char kLogBytesKept[] = "PRAGMA journal_size_limit = 16777216";

struct Row {
  std::string key;
  int64_t number;
  absl::string_view body;
};

template <typename Message>
bool Parse(const Row& row, Message& message) {
  return message.ParseFromArray(row.body.data(), static_cast<int>(row.body.size()));
}

bool TakeRecord(const Row& row, StoreChange& contents) {
  auto state = std::make_shared<v1::DeploymentState>();
  contents.records[row.key] = {row.number, state};
  return Parse(row, *state);
}

bool TakeReplacedState(const Row& row, StoreChange& contents) {
  auto state = std::make_shared<v1::DeploymentState>();
  contents.replaced_states[row.number] = state;
  return Parse(row, *state);
}

bool TakeRequest(const Row& row, StoreChange& contents) {
  return Parse(row, contents.requests[row.key].emplace());
}

bool TakeService(const Row& row, StoreChange& contents) {
  return Parse(row, contents.services[row.key].emplace());
}

bool TakeMeta(const Row& row, StoreChange& contents) { return Parse(row, contents.meta.emplace()); }

struct Kind {
  const char* table;
  bool (*take)(const Row& row, StoreChange& contents);
};

enum KindIndex { kRecords, kReplacedStates, kRequests, kServices, kMeta };
constexpr Kind kKinds[] = {{"records", TakeRecord},
                           {"replaced_states", TakeReplacedState},
                           {"requests", TakeRequest},
                           {"services", TakeService},
                           {"meta", TakeMeta}};

// Covers where a row stands, not only what it holds.
uint32_t ChecksumOf(const char* table, const Row& row) {
  return Crc32c(row.body, Crc32c(absl::StrCat(table, "/", row.key, "/", row.number)));
}

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
  const Kind& kind;
  SqliteStatement select;
  SqliteStatement put;
  SqliteStatement erase;
  std::string body;  // kept for its memory

  absl::Status Put(const std::string& key, int64_t number, const MessageLite& message) {
    if (!message.SerializeToString(&body)) {
      return absl::InvalidArgumentError(absl::StrCat(key, " is too large to be stored"));
    }
    const uint32_t checksum = ChecksumOf(kind.table, {key, number, body});
    return put.BindText(0, key).Bind(1, number).BindBytes(2, body).Bind(3, checksum).Run();
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
  SLUICE_ASSIGN_OR_RETURN(auto database, OpenWithSchema(path, Schema()));
  SLUICE_RETURN_IF_ERROR(database->Execute(kLogBytesKept));
  std::unique_ptr<SqliteRecordStore> store(new SqliteRecordStore(std::move(database)));
  SLUICE_RETURN_IF_ERROR(store->PrepareTables());
  return store;
}

SqliteRecordStore::SqliteRecordStore(std::unique_ptr<SqliteDatabase> database)
    : database_(std::move(database)) {
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
  for (const Kind& kind : kKinds) {
    const std::string table = kind.table;
    SLUICE_ASSIGN_OR_RETURN(
        SqliteStatement select,
        SqliteStatement::Prepare(*database_, "SELECT key, number, body, checksum FROM " + table));
    SLUICE_ASSIGN_OR_RETURN(
        SqliteStatement put,
        SqliteStatement::Prepare(*database_,
                                 "INSERT INTO " + table +
                                     " (key, number, body, checksum) VALUES (?, ?, ?, ?) ON "
                                     "CONFLICT (key, number) DO UPDATE SET body = excluded.body, "
                                     "checksum = excluded.checksum"));
    SLUICE_ASSIGN_OR_RETURN(
        SqliteStatement erase,
        SqliteStatement::Prepare(*database_, "DELETE FROM " + table + " WHERE key = ?"));
    tables_.push_back({kind, std::move(select), std::move(put), std::move(erase), ""});
  }
  return absl::OkStatus();
}

absl::StatusOr<StoreChange> SqliteRecordStore::Load() {
  SLUICE_ASSIGN_OR_RETURN(const std::string verdict, database_->Query("PRAGMA quick_check(1)"));
  if (verdict != "ok") return DamageError(database_->path(), verdict);
  StoreChange contents;
  for (Table& table : tables_) {
    const absl::Status status = LoadTable(table, contents);
    if (absl::IsDataLoss(status)) return DamageError(database_->path(), status.message());
    SLUICE_RETURN_IF_ERROR(status);
  }
  // After an error nothing is written any more.
  if (!failure_.ok()) return contents;
  failure_ = WithContext(BeginNewLog(), "cannot write");
  SLUICE_RETURN_IF_ERROR(failure_);
  database_->CheckpointOnClose(true);
  return contents;
}

absl::Status SqliteRecordStore::BeginNewLog() {
  const int code = sqlite3_wal_checkpoint_v2(database_->handle(), nullptr,
                                             SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  return code == SQLITE_OK ? absl::OkStatus() : database_->LastError();
}

absl::Status SqliteRecordStore::LoadTable(Table& table, StoreChange& contents) {
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(const bool found, table.select.Step());
    if (!found) return table.select.Run();
    const Row row{std::string(table.select.Bytes(0)), table.select.Int(1), table.select.Bytes(2)};
    const bool is_sound = ChecksumOf(table.kind.table, row) == table.select.Int(3);
    if (!is_sound || !table.kind.take(row, contents)) {
      return absl::DataLossError(absl::StrCat("what it holds of ", row.key, " in table ",
                                              table.kind.table, " is not what was written"));
    }
  }
}

absl::Status SqliteRecordStore::Commit(const StoreChange& change) {
  SLUICE_RETURN_IF_ERROR(failure_);
  const absl::Status status = CommitOnce(change);
  // The change is durable even when this fails.
  failure_ = WithContext(status.ok() ? Checkpoint() : status, "cannot write");
  // What a failed sync left in memory must not pass for what is on the disk: the next start reads
  // the log anew and checks it.
  if (!failure_.ok()) database_->CheckpointOnClose(false);
  return status.ok() ? status : failure_;
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
    if (record.state != nullptr) {
      SLUICE_RETURN_IF_ERROR(tables_[kRecords].Put(id, record.position, *record.state));
      continue;
    }
    SLUICE_RETURN_IF_ERROR(tables_[kRecords].Erase(id));
    SLUICE_RETURN_IF_ERROR(tables_[kReplacedStates].Erase(id));
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
