// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// A file by which one process at a time holds something: a data directory, the path of a socket.
// Used by whoever owns that thing. Any thread.

#ifndef SLUICE_BASE_LOCK_FILE_H_
#define SLUICE_BASE_LOCK_FILE_H_

#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "base/unique_fd.h"

namespace sluice {

// Locked until the end of this object or of the process.
class LockFile {
 public:
  // Makes the file when it is missing. At once ALREADY_EXISTS when another holds it, within half a
  // second when that process is no more; the message is "process 4711" then.
  static absl::StatusOr<LockFile> Acquire(const std::string& path);

 private:
  explicit LockFile(UniqueFd fd) : fd_(std::move(fd)) {}

  UniqueFd fd_;
};

}  // namespace sluice

#endif  // SLUICE_BASE_LOCK_FILE_H_
