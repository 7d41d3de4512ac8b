// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The audit trail's file: appends records to the chain, makes them durable, goes on after a
// restart, a torn last line and a rotation. Used by AuditTrail's thread alone; blocks on the disk.
// Not thread-safe.

#ifndef SLUICE_AUTH_AUDIT_FILE_H_
#define SLUICE_AUTH_AUDIT_FILE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/unique_fd.h"
#include "sluice/v1/audit.pb.h"

namespace sluice {

// Rotation: rename the file (logrotate's default); the next append makes a new one that continues
// the chain. After a restart an empty or missing file continues that of PATH.1.
class AuditFile {
 public:
  // Creates the file with mode 0600. Refuses a symbolic link, a file that another process writes,
  // and one whose last record was altered. A last line without an end is cut off.
  static absl::StatusOr<std::unique_ptr<AuditFile>> Open(const std::string& path);

  // What would keep the calling user from opening it: where it is to be, of what kind it is. Makes
  // nothing, and does not look at what it holds, or at who writes it.
  static absl::Status CheckPlace(const std::string& path);

  // Gives `records` their sequence and hashes, and returns when they are on the disk. On an error
  // none of them is in the file; the next call may succeed, but not after a failed fdatasync: the
  // kernel may have dropped what it could not write.
  absl::Status Append(std::vector<v1::AuditRecord>& records);

  // Whether Append would succeed: writes as much as the longest record takes, and takes it back.
  // After a crash in between Open finds a last line without an end.
  absl::Status TryToWrite();

  // Of the last record; 0 and the first previous hash when there is none.
  int64_t last_sequence() const { return last_sequence_; }
  const std::string& last_hash() const { return last_hash_; }
  // Whether nothing will be written any more.
  bool is_broken() const { return !broken_.ok(); }
  // Bytes of a torn last line that Open cut off.
  int64_t cut_bytes() const { return cut_bytes_; }

 private:
  explicit AuditFile(const std::string& path);
  absl::Status OpenFile();
  absl::Status Lock() const;
  absl::Status ContinueAfter(absl::string_view last_line, const std::string& file);
  absl::Status ContinueChain();
  absl::Status ReopenIfRotated();
  absl::Status Write(absl::string_view text);
  absl::Status Failed(const char* what) const;

  const std::string path_;
  UniqueFd fd_;
  int64_t last_sequence_ = 0;
  std::string last_hash_;
  int64_t cut_bytes_ = 0;
  absl::Status broken_;  // for good
};

}  // namespace sluice

#endif  // SLUICE_AUTH_AUDIT_FILE_H_
