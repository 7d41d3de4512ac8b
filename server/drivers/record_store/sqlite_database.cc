// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/record_store/sqlite_database.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace sluice {
namespace {

constexpr int kBusyTimeoutMilliseconds = 5000;

bool IsDiskFull(int code, int system_error) {
  if ((code & 0xFF) == SQLITE_FULL) return true;
  return (code & 0xFF) == SQLITE_IOERR &&
         (system_error == ENOSPC || system_error == EFBIG || system_error == EDQUOT);
}

absl::StatusCode StatusCodeOf(int code, int system_error) {
  if (IsDiskFull(code, system_error)) return absl::StatusCode::kResourceExhausted;
  switch (code & 0xFF) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return absl::StatusCode::kDataLoss;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return absl::StatusCode::kUnavailable;
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_READONLY:
      return absl::StatusCode::kFailedPrecondition;
    default:
      return absl::StatusCode::kInternal;
  }
}

int LastErrnoOf(sqlite3_file* file) {
  int system_error = 0;
  if (file == nullptr || file->pMethods == nullptr) return 0;
  file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &system_error);
  return system_error;
}

int WriteZeros(sqlite3_file* file, int64_t bytes) {
  // SQLite's files take less than 128 KiB at once.
  constexpr int64_t kMostAtOnce = 127 * 1024;
  const std::string zeros(kMostAtOnce, '\0');
  int code = SQLITE_OK;
  for (int64_t at = 0; at < bytes && code == SQLITE_OK; at += kMostAtOnce) {
    const int size = static_cast<int>(std::min(kMostAtOnce, bytes - at));
    code = file->pMethods->xWrite(file, zeros.data(), size, at);
  }
  return code;
}

// Of a failed call. SQLite's own function does not know it when a commit failed; the log's and the
// database's file do.
int SystemErrorOf(sqlite3* handle) {
  for (const int control : {SQLITE_FCNTL_JOURNAL_POINTER, SQLITE_FCNTL_FILE_POINTER}) {
    sqlite3_file* file = nullptr;
    sqlite3_file_control(handle, "main", control, &file);
    if (const int system_error = LastErrnoOf(file); system_error != 0) return system_error;
  }
  return sqlite3_system_errno(handle);
}

absl::Status ErrorOf(sqlite3* handle, const std::string& path) {
  const int code = sqlite3_extended_errcode(handle);
  const bool is_system = (code & 0xFF) == SQLITE_IOERR || (code & 0xFF) == SQLITE_CANTOPEN;
  const int system_error = is_system ? SystemErrorOf(handle) : 0;
  std::string message = absl::StrCat(path, ": ", sqlite3_errmsg(handle));
  if (system_error != 0) absl::StrAppend(&message, " (", std::strerror(system_error), ")");
  return absl::Status(StatusCodeOf(code, system_error), message);
}

}  // namespace

absl::StatusOr<std::unique_ptr<SqliteDatabase>> SqliteDatabase::Open(const std::string& path,
                                                                     int flags) {
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
  if (handle == nullptr) return absl::ResourceExhaustedError(absl::StrCat(path, ": no memory"));
  std::unique_ptr<SqliteDatabase> database(new SqliteDatabase(path, handle));
  if (code != SQLITE_OK) return database->LastError();
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, kBusyTimeoutMilliseconds);
  // A damaged file is noticed early, and what it says is not carried out.
  SLUICE_RETURN_IF_ERROR(database->Execute("PRAGMA trusted_schema = OFF"));
  SLUICE_RETURN_IF_ERROR(database->Execute("PRAGMA cell_size_check = ON"));
  return database;
}

SqliteDatabase::~SqliteDatabase() { sqlite3_close_v2(handle_); }

absl::Status SqliteDatabase::Execute(const std::string& sql) {
  const int code = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
  return code == SQLITE_OK ? absl::OkStatus() : LastError();
}

absl::StatusOr<std::string> SqliteDatabase::Query(const std::string& sql) {
  SLUICE_ASSIGN_OR_RETURN(SqliteStatement statement, SqliteStatement::Prepare(*this, sql));
  SLUICE_ASSIGN_OR_RETURN(const bool found, statement.Step());
  if (!found) return absl::NotFoundError(absl::StrCat(path_, ": no answer to ", sql));
  return std::string(statement.Bytes(0));
}

absl::Status SqliteDatabase::LastError() const { return ErrorOf(handle_, path_); }

void SqliteDatabase::CheckpointOnClose(bool allowed) {
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, allowed ? 0 : 1, nullptr);
}

absl::Status SqliteDatabase::AllocateLog(int64_t bytes) {
  sqlite3_file* log = nullptr;
  sqlite3_file_control(handle_, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
  // What the log was before must be gone for good: zeros in the middle of it would look like
  // damage.
  int code = log->pMethods->xSync(log, SQLITE_SYNC_NORMAL);
  if (code == SQLITE_OK) code = WriteZeros(log, bytes);
  if (code == SQLITE_OK) code = log->pMethods->xSync(log, SQLITE_SYNC_NORMAL);
  const int system_error = LastErrnoOf(log);
  if (IsDiskFull(code, system_error)) code = log->pMethods->xTruncate(log, 0);
  if (code == SQLITE_OK) return absl::OkStatus();
  return absl::Status(StatusCodeOf(code, system_error),
                      absl::StrCat(path_, ": cannot allocate its log: ", sqlite3_errstr(code)));
}

absl::StatusOr<SqliteStatement> SqliteStatement::Prepare(SqliteDatabase& database,
                                                         const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(database.handle(), sql.c_str(), -1, &statement, nullptr) != SQLITE_OK) {
    return database.LastError();
  }
  return SqliteStatement(database, statement);
}

// A binding that fails leaves NULL, which every column of ours refuses.
SqliteStatement& SqliteStatement::Bind(int parameter, int64_t value) {
  sqlite3_bind_int64(statement_.get(), parameter + 1, value);
  return *this;
}

SqliteStatement& SqliteStatement::BindText(int parameter, absl::string_view text) {
  sqlite3_bind_text64(statement_.get(), parameter + 1, text.data(), text.size(), SQLITE_STATIC,
                      SQLITE_UTF8);
  return *this;
}

SqliteStatement& SqliteStatement::BindBytes(int parameter, absl::string_view bytes) {
  sqlite3_bind_blob64(statement_.get(), parameter + 1, bytes.data(), bytes.size(), SQLITE_STATIC);
  return *this;
}

absl::StatusOr<bool> SqliteStatement::Step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return database_->LastError();
}

absl::Status SqliteStatement::Run() {
  const absl::Status status = Step().status();
  sqlite3_reset(statement_.get());
  return status;
}

int64_t SqliteStatement::Int(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

absl::string_view SqliteStatement::Bytes(int column) const {
  // In this order: the first call may change the value's form.
  const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_.get(), column));
  return {data, static_cast<size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

}  // namespace sluice
