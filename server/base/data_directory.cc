// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "base/data_directory.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/durable_file.h"
#include "base/status_macros.h"

namespace sluice {
namespace {

constexpr char kLockName[] = "/sluiced.lock";

absl::Status Unfit(const std::string& path, absl::string_view why) {
  return absl::FailedPreconditionError(absl::StrCat("data_dir ", path, " ", why));
}

absl::Status Make(const std::string& path) {
  if (mkdir(path.c_str(), 0700) == 0) return SyncPath(DirectoryOf(path));
  if (errno == EEXIST) return absl::OkStatus();
  const absl::Status error = FileError(errno, absl::StrCat("cannot make data_dir ", path));
  if (errno != ENOENT) return error;
  return absl::FailedPreconditionError(
      absl::StrCat(error.message(), "; create ", DirectoryOf(path), " first"));
}

absl::Status CheckAndClose(const std::string& path) {
  struct stat found {};
  if (lstat(path.c_str(), &found) != 0) {
    return FileError(errno, absl::StrCat("cannot look at data_dir ", path));
  }
  if (S_ISLNK(found.st_mode)) return Unfit(path, "is a symbolic link; name the directory itself");
  if (!S_ISDIR(found.st_mode)) return Unfit(path, "is not a directory");
  if (found.st_uid != geteuid()) {
    return Unfit(path, absl::StrCat("belongs to user ", found.st_uid, ", sluiced runs as user ",
                                    geteuid(), "; chown it or choose another"));
  }
  if ((found.st_mode & 077) != 0 && chmod(path.c_str(), found.st_mode & 0700) != 0) {
    return FileError(errno, absl::StrCat("cannot close data_dir ", path, " to other users"));
  }
  return absl::OkStatus();
}

absl::Status NotLocked(const std::string& path, const absl::Status& why) {
  if (!absl::IsAlreadyExists(why)) return why;
  return absl::AlreadyExistsError(absl::StrCat("data_dir ", path, " is locked by ", why.message(),
                                               "; stop that daemon or choose another directory"));
}

}  // namespace

absl::StatusOr<std::unique_ptr<DataDirectory>> DataDirectory::Open(const std::string& path) {
  SLUICE_RETURN_IF_ERROR(Make(path));
  SLUICE_RETURN_IF_ERROR(CheckAndClose(path));
  absl::StatusOr<LockFile> lock = LockFile::Acquire(absl::StrCat(path, kLockName));
  if (!lock.ok()) return NotLocked(path, lock.status());
  return std::unique_ptr<DataDirectory>(new DataDirectory(path, *std::move(lock)));
}

}  // namespace sluice
