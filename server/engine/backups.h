// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Copies the stored records to a file while the daemon works, on a thread of its own, since that
// takes as long as the disk does. Used by rpc.

#ifndef SLUICE_ENGINE_BACKUPS_H_
#define SLUICE_ENGINE_BACKUPS_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "base/thread.h"
#include "ports/record_store.h"

namespace sluice {

// Thread-safe. The destructor finishes the copy that is being made.
class Backups {
 public:
  using OnDone = std::function<void(const absl::Status&)>;

  // `clock` and `store` must outlive it.
  static absl::StatusOr<std::unique_ptr<Backups>> Start(Clock& clock, RecordStore& store);
  ~Backups();

  // Copies to `file`, as RecordStore::Backup. `done` is called in this call when nothing is copied:
  // INVALID_ARGUMENT when `file` is no absolute path, RESOURCE_EXHAUSTED while another copy is
  // made; else later, on the thread of the copies. It must not block. Never blocks itself.
  void Make(const std::string& file, OnDone done);

 private:
  struct Job {
    std::string file;
    OnDone done;
  };

  Backups(Clock& clock, RecordStore& store) : clock_(clock), store_(store) {}

  absl::Status Take(const std::string& file, const OnDone& done);
  void Run();
  bool AwaitJob() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Clock& clock_;
  RecordStore& store_;
  Mutex mutex_;
  CondVar changed_;
  bool closing_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<Job> job_ ABSL_GUARDED_BY(mutex_);  // until its copy is made
  std::unique_ptr<Thread> thread_;
};

}  // namespace sluice

#endif  // SLUICE_ENGINE_BACKUPS_H_
