// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "base/durable_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/unique_fd.h"

namespace sluice {

absl::Status FileError(int error, absl::string_view what) {
  const std::string message = absl::StrCat(what, ": ", std::strerror(error));
  // Abseil has OUT_OF_RANGE for it.
  if (error == EFBIG) return absl::ResourceExhaustedError(message);
  return absl::Status(absl::ErrnoToStatusCode(error), message);
}

absl::Status CreatePrivateFile(const std::string& path) {
  const UniqueFd fd(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd.ok()) return FileError(errno, absl::StrCat("cannot create ", path));
  return absl::OkStatus();
}

absl::Status SyncPath(const std::string& path) {
  const UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.ok()) return FileError(errno, absl::StrCat("cannot open ", path));
  if (fsync(fd.get()) != 0) return FileError(errno, absl::StrCat("cannot sync ", path));
  return absl::OkStatus();
}

std::string DirectoryOf(const std::string& path) {
  // "a/b/" is in "a", as "a/b" is.
  const size_t end = path.find_last_not_of('/');
  const size_t slash = end == std::string::npos ? 0 : path.rfind('/', end);
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

ino_t InodeOf(const std::string& path) {
  struct stat found = {};
  return lstat(path.c_str(), &found) == 0 ? found.st_ino : 0;
}

absl::Status CheckWritable(const std::string& directory) {
  if (faccessat(AT_FDCWD, directory.c_str(), R_OK | W_OK | X_OK, AT_EACCESS) == 0) {
    return absl::OkStatus();
  }
  return FileError(errno, absl::StrCat("cannot make files in ", directory));
}

absl::Status RenameDurably(const std::string& from, const std::string& to) {
  int result = renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE);
  // Network file systems know no flags; a link refuses to replace too.
  if (result != 0 && errno == EINVAL) {
    result = link(from.c_str(), to.c_str());
    if (result == 0) unlink(from.c_str());
  }
  if (result != 0) return FileError(errno, absl::StrCat("cannot rename ", from, " to ", to));
  return SyncPath(DirectoryOf(to));
}

}  // namespace sluice
