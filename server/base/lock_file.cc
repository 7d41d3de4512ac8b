// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "base/lock_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "base/durable_file.h"

namespace sluice {
namespace {

std::string HolderOf(int fd) {
  char pid[32] = {};
  const ssize_t size = pread(fd, pid, sizeof(pid) - 1, 0);
  return size > 0 ? absl::StrCat("process ", pid) : "another process";
}

}  // namespace

absl::StatusOr<LockFile> LockFile::Acquire(const std::string& path) {
  // The file stays for ever: removing it would let two processes lock two files of one name.
  UniqueFd fd(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd.ok()) return FileError(errno, absl::StrCat("cannot open ", path));
  if (flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return absl::AlreadyExistsError(HolderOf(fd.get()));
    return FileError(errno, absl::StrCat("cannot lock ", path));
  }
  const std::string pid = absl::StrCat(getpid());
  if (ftruncate(fd.get(), 0) != 0 || pwrite(fd.get(), pid.data(), pid.size(), 0) < 0) {
    return FileError(errno, absl::StrCat("cannot write ", path));
  }
  return LockFile(std::move(fd));
}

}  // namespace sluice
