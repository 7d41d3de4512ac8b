// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The directory in which a daemon keeps what must survive it. It belongs to one process at a time;
// the record store and whatever else writes there are made from it. Made and kept by main's thread.

#ifndef SLUICE_BASE_DATA_DIRECTORY_H_
#define SLUICE_BASE_DATA_DIRECTORY_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "base/lock_file.h"

namespace sluice {

class DataDirectory {
 public:
  // As whom the daemon that is to have it runs.
  enum class User {
    kCaller,
    kAnybody,  // with other rights, maybe: who owns the directory is that user
  };

  // What would keep Open from it, but for another daemon that has it. Changes nothing.
  // PERMISSION_DENIED when another user could; NOT_FOUND or FAILED_PRECONDITION when nobody could.
  static absl::Status Check(const std::string& path, User user);

  // Makes the directory when it is missing (its parent must be there), closes it to everybody but
  // its owner, and locks it until the end of this object or of the process. ALREADY_EXISTS, at
  // once, with the holder's process id when another daemon has it; else as Check.
  static absl::StatusOr<std::unique_ptr<DataDirectory>> Open(const std::string& path);
  DataDirectory(const DataDirectory&) = delete;
  DataDirectory& operator=(const DataDirectory&) = delete;

  const std::string& path() const { return path_; }

 private:
  DataDirectory(std::string path, LockFile lock) : path_(std::move(path)), lock_(std::move(lock)) {}

  const std::string path_;
  const LockFile lock_;
};

}  // namespace sluice

#endif  // SLUICE_BASE_DATA_DIRECTORY_H_
