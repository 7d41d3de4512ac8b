// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/record_store/sqlite_backup.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <cerrno>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/durable_file.h"
#include "base/status_macros.h"
#include "base/unique_fd.h"
#include "drivers/record_store/sqlite_database.h"

namespace sluice {
namespace {

constexpr int kFlags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;

absl::Status Copy(SqliteDatabase& source, SqliteDatabase& target) {
  sqlite3_backup* backup = sqlite3_backup_init(target.handle(), "main", source.handle(), "main");
  if (backup == nullptr) return target.LastError();
  // In one step: one snapshot, while commits go on into the log.
  sqlite3_backup_step(backup, -1);
  return sqlite3_backup_finish(backup) == SQLITE_OK ? absl::OkStatus() : target.LastError();
}

absl::Status CopyAndCheck(const std::string& path, const std::string& unfinished) {
  SLUICE_ASSIGN_OR_RETURN(const auto source, SqliteDatabase::Open(path, kFlags));
  SLUICE_ASSIGN_OR_RETURN(const auto target, SqliteDatabase::Open(unfinished, kFlags));
  // Nothing to roll back to, and synced as a whole at the end.
  SLUICE_RETURN_IF_ERROR(target->Query("PRAGMA journal_mode = OFF").status());
  SLUICE_RETURN_IF_ERROR(target->Execute("PRAGMA synchronous = OFF"));
  SLUICE_RETURN_IF_ERROR(Copy(*source, *target));
  // The copied header asks for a log of its own.
  SLUICE_RETURN_IF_ERROR(target->Query("PRAGMA journal_mode = DELETE").status());
  SLUICE_ASSIGN_OR_RETURN(const std::string verdict, target->Query("PRAGMA quick_check(1)"));
  if (verdict == "ok") return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("the copy of ", path, " is damaged: ", verdict));
}

// SQLite, and the next start, take such a name for a part of the store and remove it.
absl::Status CheckName(const std::string& path, const std::string& file) {
  const bool is_theirs =
      absl::StartsWith(file, absl::StrCat(path, "-")) || file == absl::StrCat(path, ".new");
  if (!is_theirs) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(file, " has a name of the store's own files; choose another one"));
}

// With what SQLite puts beside it.
void Remove(const std::string& unfinished) {
  for (const char* const suffix : {"", "-journal", "-wal", "-shm"}) {
    unlink(absl::StrCat(unfinished, suffix).c_str());
  }
}

}  // namespace

absl::Status BackupDatabase(const std::string& path, const std::string& file) {
  SLUICE_RETURN_IF_ERROR(CheckName(path, file));
  if (access(file.c_str(), F_OK) == 0) {
    return absl::AlreadyExistsError(
        absl::StrCat(file, " exists and is not overwritten; choose another name"));
  }
  std::string unfinished = absl::StrCat(file, ".XXXXXX");
  const UniqueFd fd(mkostemp(unfinished.data(), O_CLOEXEC));
  if (!fd.ok()) return FileError(errno, absl::StrCat("cannot create ", unfinished));
  const auto remove = absl::MakeCleanup([&] { Remove(unfinished); });
  SLUICE_RETURN_IF_ERROR(CopyAndCheck(path, unfinished));
  SLUICE_RETURN_IF_ERROR(SyncPath(unfinished));
  return RenameDurably(unfinished, file);
}

}  // namespace sluice
