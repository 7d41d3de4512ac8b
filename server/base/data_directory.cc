// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "base/data_directory.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/durable_file.h"
#include "base/status_macros.h"

namespace sluice {
namespace {

constexpr char kLockName[] = "/sluiced.lock";
constexpr char kDatabaseName[] = "/sluice.db";

absl::Status Unfit(const std::string& path, absl::string_view why) {
  return absl::FailedPreconditionError(absl::StrCat(path, " ", why));
}

absl::Status CannotMake(int error, const std::string& path) {
  const absl::Status status = FileError(error, absl::StrCat("cannot make ", path));
  if (error != ENOENT) return status;
  return absl::FailedPreconditionError(
      absl::StrCat(status.message(), "; create ", DirectoryOf(path), " first"));
}

absl::Status Make(const std::string& path) {
  if (mkdir(path.c_str(), 0700) == 0) return SyncPath(DirectoryOf(path));
  return errno == EEXIST ? absl::OkStatus() : CannotMake(errno, path);
}

absl::Status CheckKind(const std::string& path, const struct stat& found) {
  if (S_ISLNK(found.st_mode)) return Unfit(path, "is a symbolic link; name the directory itself");
  if (!S_ISDIR(found.st_mode)) return Unfit(path, "is not a directory");
  return absl::OkStatus();
}

absl::Status CheckOwner(const std::string& path, const struct stat& found) {
  if (found.st_uid == geteuid()) return absl::OkStatus();
  return absl::PermissionDeniedError(absl::StrCat(path, " belongs to user ", found.st_uid,
                                                  ", sluiced runs as user ", geteuid(),
                                                  "; chown it or choose another"));
}

// Nothing in it, or what a daemon has made before.
bool IsOurs(const std::string& path) {
  if (access((path + kLockName).c_str(), F_OK) == 0) return true;
  if (access((path + kDatabaseName).c_str(), F_OK) == 0) return true;
  std::error_code error;
  return std::filesystem::is_empty(path, error) && !error;
}

// Others may need what else is in it.
absl::Status CheckMayBeClosed(const std::string& path, const struct stat& found) {
  if ((found.st_mode & 077) == 0 || IsOurs(path)) return absl::OkStatus();
  return Unfit(path,
               "holds other files and is open to other users; name a directory of its own, "
               "or close it first: chmod 0700");
}

absl::Status Close(const std::string& path, const struct stat& found) {
  if ((found.st_mode & 077) == 0 || chmod(path.c_str(), found.st_mode & 0700) == 0) {
    return absl::OkStatus();
  }
  return FileError(errno, absl::StrCat("cannot close ", path, " to other users"));
}

absl::Status CheckAndClose(const std::string& path) {
  struct stat found {};
  if (lstat(path.c_str(), &found) != 0) {
    return FileError(errno, absl::StrCat("cannot look at ", path));
  }
  SLUICE_RETURN_IF_ERROR(CheckKind(path, found));
  SLUICE_RETURN_IF_ERROR(CheckOwner(path, found));
  SLUICE_RETURN_IF_ERROR(CheckMayBeClosed(path, found));
  return Close(path, found);
}

// Of a directory that is not there.
absl::Status CheckParent(const std::string& path, DataDirectory::User user) {
  struct stat parent {};
  if (stat(DirectoryOf(path).c_str(), &parent) != 0) return CannotMake(errno, path);
  // Whoever it is for may have it made: systemd does (StateDirectory).
  if (user == DataDirectory::User::kAnybody) return absl::OkStatus();
  return CheckWritable(DirectoryOf(path));
}

absl::Status NotLocked(const std::string& path, const absl::Status& why) {
  if (!absl::IsAlreadyExists(why)) return why;
  return absl::AlreadyExistsError(absl::StrCat(path, " is locked by ", why.message(),
                                               "; stop that daemon or choose another directory"));
}

absl::Status OfDataDir(const absl::Status& status) {
  if (status.ok()) return status;
  return absl::Status(status.code(), absl::StrCat("data_dir: ", status.message()));
}

}  // namespace

absl::Status DataDirectory::Check(const std::string& path, User user) {
  struct stat found {};
  if (lstat(path.c_str(), &found) != 0) {
    if (errno == ENOENT) return CheckParent(path, user);
    return FileError(errno, absl::StrCat("cannot look at ", path));
  }
  SLUICE_RETURN_IF_ERROR(CheckKind(path, found));
  const absl::Status owned = CheckOwner(path, found);
  if (!owned.ok()) return user == User::kAnybody ? absl::OkStatus() : owned;
  SLUICE_RETURN_IF_ERROR(CheckMayBeClosed(path, found));
  return CheckWritable(path);
}

absl::StatusOr<std::unique_ptr<DataDirectory>> DataDirectory::Open(const std::string& path) {
  SLUICE_RETURN_IF_ERROR(OfDataDir(Make(path)));
  SLUICE_RETURN_IF_ERROR(OfDataDir(CheckAndClose(path)));
  absl::StatusOr<LockFile> lock = LockFile::Acquire(absl::StrCat(path, kLockName));
  if (!lock.ok()) return OfDataDir(NotLocked(path, lock.status()));
  return std::unique_ptr<DataDirectory>(new DataDirectory(path, *std::move(lock)));
}

}  // namespace sluice
