// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The audit trail: who asked for what, why, and what came of it, in a file whose every record is
// chained to the one before. Used by rpc. Callers never wait for the disk: a thread of its own
// writes what has come together, with one fdatasync.

#ifndef SLUICE_AUTH_AUDIT_TRAIL_H_
#define SLUICE_AUTH_AUDIT_TRAIL_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "auth/audit_file.h"
#include "auth/principal.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "base/thread.h"
#include "sluice/v1/audit.pb.h"

namespace sluice {

// A record with principal, peer and method filled in. `method` as gRPC's :path has it.
v1::AuditRecord MakeAuditRecord(const Principal& principal, absl::string_view method);
// What came of the call: its outcome, and the text of a refusal.
void SetOutcome(const absl::Status& status, v1::AuditRecord& record);

// Thread-safe. The destructor writes what is left.
class AuditTrail {
 public:
  // Told once the sequence of a record that is on the disk, or that it is not there; on the trail's
  // thread.
  using Done = std::function<void(const absl::StatusOr<int64_t>&)>;
  // Told each time that failure() becomes another; on the trail's thread.
  using OnChange = std::function<void()>;

  static constexpr size_t kMaxWaiting = 10'000;

  // The errors of AuditFile::Open.
  static absl::StatusOr<std::unique_ptr<AuditTrail>> Open(const std::string& path, Clock& clock,
                                                          OnChange on_change = nullptr);
  ~AuditTrail();

  // Stamps the time and takes the record; returns at once. A record that cannot be kept goes to the
  // log. When kMaxWaiting wait already, RESOURCE_EXHAUSTED, and `done` is not called.
  absl::Status Append(v1::AuditRecord record, Done done = nullptr);
  // The same for what has been done already: that is taken however many wait.
  void AppendDone(v1::AuditRecord record, Done done);

  // Changes are to be refused while it is an error, since nobody acts unrecorded: failure(), or
  // kMaxWaiting wait.
  absl::Status status() const;

  // Why nothing can be written: the last write failed. OK again with the next one that succeeds,
  // which is tried once a second. Tells callers nothing of the daemon's disk; the log does.
  absl::Status failure() const;

  // Returns when every record that was taken is written, or has failed.
  void Flush();

 private:
  struct Entry {
    v1::AuditRecord record;
    Done done;
  };

  AuditTrail(std::unique_ptr<AuditFile> file, Clock& clock, OnChange on_change);
  absl::Status CheckRoom() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Take(v1::AuditRecord record, Done done) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Write();
  void AwaitEntry() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Retry() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void WriteBatch(std::vector<Entry> batch) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // What came of the latest write: logged, and shown, when it is another than before.
  void Show(const absl::Status& written);

  Clock& clock_;
  const OnChange on_change_;
  const std::unique_ptr<AuditFile> file_;  // the thread's alone
  absl::Status written_;                   // as Show was told last; the thread's alone
  mutable Mutex mutex_;
  CondVar entry_came_;
  CondVar batch_ended_;
  std::vector<Entry> waiting_ ABSL_GUARDED_BY(mutex_);
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool closing_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
  std::optional<Thread> thread_;
};

}  // namespace sluice

#endif  // SLUICE_AUTH_AUDIT_TRAIL_H_
