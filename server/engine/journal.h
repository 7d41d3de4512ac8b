// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Makes changes durable, in the order in which they are appended: one writer thread, and all that
// was appended while it wrote becomes the next commit. The registry appends, under its lock, from
// RPC threads and workers; nothing here is called with the journal's own lock held.

#ifndef SLUICE_ENGINE_JOURNAL_H_
#define SLUICE_ENGINE_JOURNAL_H_

#include <functional>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "base/thread.h"
#include "ports/record_store.h"

namespace sluice {

// Thread-safe, but for Close and the destructor, which belong to the owner.
class Journal {
 public:
  // Told once whether the change is durable: on the writer thread, in the order of the appends.
  // Must not wait for the journal.
  using OnDurable = std::function<void(const absl::Status&)>;

  struct Options {
    // Called once, on the writer thread, with the error of the store, before anybody learns of it.
    std::function<void(const absl::Status&)> on_failure = [](const absl::Status&) {};
  };

  // `clock` and `store` must outlive the journal.
  static absl::StatusOr<std::unique_ptr<Journal>> Start(Clock& clock, RecordStore& store,
                                                        Options options);
  ~Journal();

  // Takes the change, or returns why not and never calls `on_durable`: UNAVAILABLE after Close,
  // failure() once the store has failed. Never blocks on the store.
  absl::Status Append(StoreChange change, OnDurable on_durable);

  // Why the store takes nothing any more, as callers may know it: without what only the error of
  // the store tells. It stays for good, and nothing is durable from then on. OK before.
  absl::Status failure() const;
  bool failed() const { return !failure().ok(); }

  // Takes no more, makes durable what was taken, calls all that wait and ends the thread.
  void Close();

 private:
  Journal(Clock& clock, RecordStore& store, Options options);

  // The writer thread.
  void Run();
  bool AwaitWork() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status Commit(const StoreChange& change);
  absl::Status Store(const StoreChange& change);
  void Fail(const absl::Status& failed);

  Clock& clock_;
  RecordStore& store_;
  const Options options_;

  mutable Mutex mutex_;
  CondVar work_came_;
  bool closing_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
  // All that waits for the next commit, as one change.
  StoreChange next_ ABSL_GUARDED_BY(mutex_);
  std::vector<OnDurable> waiting_ ABSL_GUARDED_BY(mutex_);

  std::unique_ptr<Thread> writer_;  // null after Close
};

}  // namespace sluice

#endif  // SLUICE_ENGINE_JOURNAL_H_
