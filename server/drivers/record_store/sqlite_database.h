// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// A connection to a SQLite file and its statements, with errors as statuses. Used by the SQLite
// record store; each object belongs to one thread at a time.

#ifndef SLUICE_DRIVERS_RECORD_STORE_SQLITE_DATABASE_H_
#define SLUICE_DRIVERS_RECORD_STORE_SQLITE_DATABASE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "sqlite3.h"

namespace sluice {

class SqliteDatabase {
 public:
  // `flags` as sqlite3_open_v2 has them. A lock that another connection holds is waited for, some
  // seconds long.
  static absl::StatusOr<std::unique_ptr<SqliteDatabase>> Open(const std::string& path, int flags);
  ~SqliteDatabase();
  SqliteDatabase(const SqliteDatabase&) = delete;
  SqliteDatabase& operator=(const SqliteDatabase&) = delete;

  absl::Status Execute(const std::string& sql);
  // The first column of the first row.
  absl::StatusOr<std::string> Query(const std::string& sql);

  // The last call's error: RESOURCE_EXHAUSTED (disk full), DATA_LOSS (damaged file), UNAVAILABLE
  // (locked), FAILED_PRECONDITION (may not be read or written) or INTERNAL, naming the file.
  absl::Status LastError() const;

  // Whether the end of this connection may move the write-ahead log into the file.
  void CheckpointOnClose(bool allowed);

  // Fills the write-ahead log, which must be empty, with so many zeros: SQLite takes them for no
  // log. To sync what overwrites them is one write for the disk, to sync a file that grows is
  // several. A disk without that much room is no error.
  absl::Status AllocateLog(int64_t bytes);

  sqlite3* handle() const { return handle_; }
  const std::string& path() const { return path_; }

 private:
  SqliteDatabase(std::string path, sqlite3* handle) : path_(std::move(path)), handle_(handle) {}

  const std::string path_;
  sqlite3* const handle_;
};

// A prepared statement. Must end before its database.
class SqliteStatement {
 public:
  static absl::StatusOr<SqliteStatement> Prepare(SqliteDatabase& database, const std::string& sql);

  // Parameters and columns count from 0. Text and bytes must live until the statement is run.
  SqliteStatement& Bind(int parameter, int64_t value);
  SqliteStatement& BindText(int parameter, absl::string_view text);
  SqliteStatement& BindBytes(int parameter, absl::string_view bytes);

  // True when there is a row.
  absl::StatusOr<bool> Step();
  // Runs a statement that gives no rows, and makes it ready to be run again.
  absl::Status Run();

  int64_t Int(int column) const;
  absl::string_view Bytes(int column) const;  // until the next Step

 private:
  struct Finalizer {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };

  SqliteStatement(SqliteDatabase& database, sqlite3_stmt* statement)
      : database_(&database), statement_(statement) {}

  SqliteDatabase* database_;
  std::unique_ptr<sqlite3_stmt, Finalizer> statement_;
};

}  // namespace sluice

#endif  // SLUICE_DRIVERS_RECORD_STORE_SQLITE_DATABASE_H_
