// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "base/lock_file.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "base/durable_file.h"

namespace sluice {
namespace {

constexpr absl::Duration kLongestChild = absl::Milliseconds(500);
constexpr absl::Duration kLookAgain = absl::Milliseconds(10);

std::string PidIn(int fd) {
  char pid[32] = {};
  return pread(fd, pid, sizeof(pid) - 1, 0) > 0 ? pid : "";
}

bool IsGone(const std::string& pid) {
  int number = 0;
  return absl::SimpleAtoi(pid, &number) && kill(number, 0) != 0 && errno == ESRCH;
}

// 0, or the errno; EWOULDBLOCK when another holds it. A process that was killed while it started
// another one is survived by that one's hold for a moment, until it becomes another program.
int Lock(int fd) {
  const absl::Time enough = absl::Now() + kLongestChild;
  while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
    if (error != EWOULDBLOCK || !IsGone(PidIn(fd)) || absl::Now() > enough) return error;
    absl::SleepFor(kLookAgain);
  }
  return 0;
}

absl::Status HeldBy(const std::string& pid) {
  return absl::AlreadyExistsError(pid.empty() ? "another process" : absl::StrCat("process ", pid));
}

}  // namespace

absl::StatusOr<LockFile> LockFile::Acquire(const std::string& path) {
  // The file stays for ever: removing it would let two processes lock two files of one name.
  UniqueFd fd(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd.ok()) return FileError(errno, absl::StrCat("cannot open ", path));
  const int error = Lock(fd.get());
  if (error == EWOULDBLOCK) return HeldBy(PidIn(fd.get()));
  if (error != 0) return FileError(error, absl::StrCat("cannot lock ", path));
  const std::string pid = absl::StrCat(getpid());
  if (ftruncate(fd.get(), 0) != 0 || pwrite(fd.get(), pid.data(), pid.size(), 0) < 0) {
    return FileError(errno, absl::StrCat("cannot write ", path));
  }
  return LockFile(std::move(fd));
}

}  // namespace sluice
