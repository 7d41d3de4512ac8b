// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/record_store/sqlite_failpoints.h"

#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>

#include "base/failpoint.h"

namespace sluice {

#if SLUICE_FAILPOINTS

namespace {

bool FailsBeforeWrite() {
  const auto hit = [] {
    SLUICE_FAILPOINT_OR_RETURN("journal.before_write");
    return absl::OkStatus();
  };
  return !hit().ok();
}

ssize_t WriteInHalves(int fd, const void* bytes, size_t size, off64_t offset) {
  if (FailsBeforeWrite()) {
    errno = EIO;
    return -1;
  }
  const size_t half = size / 2;
  const ssize_t first = pwrite64(fd, bytes, half, offset);
  if (first != static_cast<ssize_t>(half)) return first;
  SLUICE_FAILPOINT("journal.mid_write");
  const ssize_t second = pwrite64(fd, static_cast<const char*>(bytes) + half, size - half,
                                  offset + static_cast<off64_t>(half));
  if (second < 0) return second;
  SLUICE_FAILPOINT("journal.after_write");
  return first + second;
}

}  // namespace

void InstallWriteFailpoints() {
  sqlite3_vfs* const files = sqlite3_vfs_find("unix");
  const auto write = reinterpret_cast<sqlite3_syscall_ptr>(WriteInHalves);
  files->xSetSystemCall(files, "pwrite64", write);
}

#else

void InstallWriteFailpoints() {}

#endif  // SLUICE_FAILPOINTS

}  // namespace sluice
