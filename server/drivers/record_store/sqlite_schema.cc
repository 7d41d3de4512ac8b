// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/record_store/sqlite_schema.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <optional>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/durable_file.h"
#include "base/status_macros.h"
#include "base/unique_fd.h"
#include "drivers/record_store/sqlite_log.h"
#include "spdlog/spdlog.h"

namespace sluice {
namespace {

constexpr int kFlags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;

// The parts of a SQLite file's first 100 bytes that are looked at.
constexpr char kMagic[] = "SQLite format 3";  // with its NUL
constexpr size_t kHeaderBytes = 100;
constexpr size_t kWriteVersionAt = 18;
constexpr size_t kReadVersionAt = 19;
constexpr unsigned char kRollbackJournal = 1;
constexpr unsigned char kWriteAheadLog = 2;
constexpr size_t kTableFormatAt = 44;
constexpr size_t kVersionAt = 60;
constexpr size_t kApplicationIdAt = 68;

using Header = std::array<unsigned char, kHeaderBytes>;

int32_t BigEndian(const Header& header, size_t at) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i) value = value << 8 | header[at + i];
  return static_cast<int32_t>(value);
}

absl::Status Refusal(const std::string& path, absl::string_view why) {
  return absl::FailedPreconditionError(absl::StrCat(path, " ", why, "; nothing was changed"));
}

// Reads with plain calls: SQLite itself would write beside the file as soon as it opens it.
absl::StatusOr<Header> ReadHeader(const std::string& path) {
  const UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd.ok()) return FileError(errno, absl::StrCat("cannot open ", path));
  Header header{};
  const ssize_t size = pread(fd.get(), header.data(), header.size(), 0);
  if (size < 0) return FileError(errno, absl::StrCat("cannot read ", path));
  const bool is_database = size == static_cast<ssize_t>(header.size()) &&
                           std::memcmp(header.data(), kMagic, sizeof(kMagic)) == 0;
  if (!is_database) return DamageError(path, "it is no SQLite database");
  return header;
}

// Of the parts that SQLite refuses without naming damage.
bool IsKnown(const Header& header) {
  const auto is_journal = [](unsigned char version) {
    return version == kRollbackJournal || version == kWriteAheadLog;
  };
  const int32_t table_format = BigEndian(header, kTableFormatAt);
  return is_journal(header[kWriteVersionAt]) && is_journal(header[kReadVersionAt]) &&
         table_format >= 0 && table_format <= 4;
}

// The file's version is always in the file itself, never only in the write-ahead log: Migrate sees
// to that.
absl::Status CheckVersion(const std::string& path, const Header& header,
                          const SqliteSchema& schema) {
  if (BigEndian(header, kApplicationIdAt) != schema.application_id) {
    return Refusal(path,
                   "belongs to another program, or its header is damaged; choose another data_dir, "
                   "or restore a backup");
  }
  const int version = BigEndian(header, kVersionAt);
  if (version > schema.version()) {
    return Refusal(path, absl::StrCat("was written by a newer sluiced (schema ", version,
                                      ", this one knows ", schema.version(),
                                      "); start that version, or restore a backup of before"));
  }
  // Create and Migrate leave no such file.
  if (version < 1) return DamageError(path, absl::StrCat("its header tells of schema ", version));
  if (!IsKnown(header)) return DamageError(path, "its header tells of what there is not");
  return absl::OkStatus();
}

// A backup is a file without a log. One that lies beside it belongs to the file whose place it
// took, and SQLite would read the two as one.
absl::Status CheckLogIsItsOwn(const std::string& path, const Header& header) {
  const std::string log = LogOf(path);
  struct stat info = {};
  const bool has_log = stat(log.c_str(), &info) == 0 && info.st_size > 0;
  if (!has_log || header[kReadVersionAt] != kRollbackJournal) return absl::OkStatus();
  return Refusal(path, absl::StrCat("is a backup, or damaged, and the log ", log,
                                    " beside it belongs to the file that was there before; move "
                                    "the log away, or restore the backup again as the manual "
                                    "page says"));
}

absl::Status CheckFile(const std::string& path, const SqliteSchema& schema) {
  SLUICE_ASSIGN_OR_RETURN(const Header header, ReadHeader(path));
  SLUICE_RETURN_IF_ERROR(CheckVersion(path, header, schema));
  return CheckLogIsItsOwn(path, header);
}

absl::Status Expect(SqliteDatabase& database, const std::string& pragma, absl::string_view value) {
  SLUICE_ASSIGN_OR_RETURN(const std::string answer, database.Query(pragma));
  if (answer == value) return absl::OkStatus();
  return absl::InternalError(
      absl::StrCat(database.path(), ": ", pragma, " answered ", answer, " instead of ", value));
}

absl::Status RunSteps(SqliteDatabase& database, const SqliteSchema& schema, int from) {
  SLUICE_RETURN_IF_ERROR(database.Execute("BEGIN EXCLUSIVE"));
  for (int step = from; step < schema.version(); ++step) {
    SLUICE_RETURN_IF_ERROR(database.Execute(schema.steps[step]));
  }
  SLUICE_RETURN_IF_ERROR(
      database.Execute(absl::StrCat("PRAGMA application_id = ", schema.application_id)));
  SLUICE_RETURN_IF_ERROR(
      database.Execute(absl::StrCat("PRAGMA user_version = ", schema.version())));
  return database.Execute("COMMIT");
}

// Under another name until it is whole, so that a crash leaves no half-made file.
absl::Status Create(const std::string& path, const SqliteSchema& schema) {
  const std::string unfinished = absl::StrCat(path, ".new");
  unlink(unfinished.c_str());
  SLUICE_RETURN_IF_ERROR(CreatePrivateFile(unfinished));
  {
    SLUICE_ASSIGN_OR_RETURN(const auto database, SqliteDatabase::Open(unfinished, kFlags));
    SLUICE_RETURN_IF_ERROR(Expect(*database, "PRAGMA journal_mode = OFF", "off"));
    SLUICE_RETURN_IF_ERROR(RunSteps(*database, schema, 0));
  }
  SLUICE_RETURN_IF_ERROR(SyncPath(unfinished));
  return RenameDurably(unfinished, path);
}

// With a rollback journal, which writes the new version into the file itself: an older program sees
// it without opening the log. EXTRA also syncs the journal's removal; without that, a power cut
// could bring the journal back after commits in the write-ahead log.
absl::Status Migrate(SqliteDatabase& database, const SqliteSchema& schema, int from) {
  SLUICE_RETURN_IF_ERROR(Expect(database, "PRAGMA journal_mode = DELETE", "delete"));
  SLUICE_RETURN_IF_ERROR(database.Execute("PRAGMA synchronous = EXTRA"));
  if (const absl::Status status = RunSteps(database, schema, from); !status.ok()) {
    return absl::Status(status.code(),
                        absl::StrCat("cannot migrate from schema ", from, " to ", schema.version(),
                                     ", no record was changed: ", status.message()));
  }
  return absl::OkStatus();
}

// Nobody was told that this commit is done; that it is dropped is no error.
void LogTear(const std::string& path, int64_t offset) {
  spdlog::warn("event=log_torn file=\"{}\" offset={} dropped=\"a commit that was not finished\"",
               LogOf(path), offset);
}

absl::Status CreateUnlessThere(const std::string& path, const SqliteSchema& schema) {
  if (access(path.c_str(), F_OK) == 0) return absl::OkStatus();
  if (errno != ENOENT) return FileError(errno, absl::StrCat("cannot open ", path));
  // SQLite would put a log that has lost its file into the new one.
  const std::string log = LogOf(path);
  if (access(log.c_str(), F_OK) == 0) {
    return DamageError(path, absl::StrCat("it is missing, but its log ", log, " is there"));
  }
  return Create(path, schema);
}

absl::StatusOr<std::unique_ptr<SqliteDatabase>> OpenAndMigrate(const std::string& path,
                                                               const SqliteSchema& schema) {
  SLUICE_ASSIGN_OR_RETURN(auto database, SqliteDatabase::Open(path, kFlags));
  // What is refused stays as it is.
  database->CheckpointOnClose(false);
  // A crash in a migration leaves the old version, which shows only now.
  SLUICE_ASSIGN_OR_RETURN(const std::string version, database->Query("PRAGMA user_version"));
  int from = 0;
  if (!absl::SimpleAtoi(version, &from) || from < 1 || from > schema.version()) {
    return absl::DataLossError(absl::StrCat("its log tells of schema ", version));
  }
  if (from < schema.version()) SLUICE_RETURN_IF_ERROR(Migrate(*database, schema, from));
  SLUICE_RETURN_IF_ERROR(Expect(*database, "PRAGMA journal_mode = WAL", "wal"));
  SLUICE_RETURN_IF_ERROR(database->Execute("PRAGMA synchronous = FULL"));
  database->CheckpointOnClose(true);
  return database;
}

}  // namespace

absl::StatusOr<std::unique_ptr<SqliteDatabase>> OpenWithSchema(const std::string& path,
                                                               const SqliteSchema& schema) {
  SLUICE_RETURN_IF_ERROR(CreateUnlessThere(path, schema));
  SLUICE_RETURN_IF_ERROR(CheckFile(path, schema));
  SLUICE_ASSIGN_OR_RETURN(const std::optional<int64_t> tear, CheckLog(path));
  if (tear.has_value()) LogTear(path, *tear);
  auto database = OpenAndMigrate(path, schema);
  if (absl::IsDataLoss(database.status())) return DamageError(path, database.status().message());
  return database;
}

absl::Status DamageError(const std::string& path, absl::string_view what) {
  return absl::DataLossError(
      absl::StrCat(path, " is damaged: ", what, ". Move the directory ", DirectoryOf(path),
                   " aside, make it anew and copy the last backup into it under this name"));
}

}  // namespace sluice
