// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "rpc/socket_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace sluice {
namespace {

std::string HolderOf(int fd) {
  char pid[32] = {};
  const ssize_t size = pread(fd, pid, sizeof(pid) - 1, 0);
  return size > 0 ? absl::StrCat(" (process ", pid, ")") : "";
}

}  // namespace

absl::StatusOr<std::unique_ptr<SocketLock>> SocketLock::Acquire(const std::string& socket_path) {
  const std::string path = absl::StrCat(socket_path, ".lock");
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("cannot open ", path, ": ", std::strerror(errno),
                     "; create the directory, or choose another socket with --socket"));
  }
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    const std::string holder = HolderOf(fd);
    close(fd);
    return absl::AlreadyExistsError(
        absl::StrCat("another daemon", holder, " listens on ", socket_path));
  }
  const std::string pid = absl::StrCat(getpid());
  if (ftruncate(fd, 0) != 0 || pwrite(fd, pid.data(), pid.size(), 0) < 0) {
    const int error = errno;
    close(fd);
    return absl::InternalError(absl::StrCat("cannot write ", path, ": ", std::strerror(error)));
  }
  return std::unique_ptr<SocketLock>(new SocketLock(fd));
}

// The file stays: removing it would let two daemons lock two files of one name.
SocketLock::~SocketLock() { close(fd_); }

}  // namespace sluice
