// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/journal.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/failpoint.h"
#include "base/status_macros.h"

namespace sluice {
namespace {

// The encoding and SQLite's own calls are deeper than the engine's waits.
constexpr size_t kStackBytes = 1024 * 1024;

// Callers learn what it means for them, not how the daemon's disk is laid out.
absl::Status TextForCallers(const absl::Status& failure) {
  return absl::Status(
      failure.code(),
      absl::StrCat("the journal has failed and nothing is accepted until sluiced is restarted: ",
                   absl::IsResourceExhausted(failure) ? "its disk is full" : "it cannot be written",
                   "; the daemon's log says more"));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Journal>> Journal::Start(Clock& clock, RecordStore& store,
                                                        Options options) {
  std::unique_ptr<Journal> journal(new Journal(clock, store, std::move(options)));
  SLUICE_ASSIGN_OR_RETURN(
      Thread writer,
      Thread::Start(
          clock, "journal", [journal = journal.get()] { journal->Run(); }, kStackBytes));
  journal->writer_ = std::make_unique<Thread>(std::move(writer));
  return journal;
}

Journal::Journal(Clock& clock, RecordStore& store, Options options)
    : clock_(clock), store_(store), options_(std::move(options)) {}

Journal::~Journal() { Close(); }

absl::Status Journal::Append(StoreChange change, OnDurable on_durable) {
  MutexLock lock(mutex_);
  SLUICE_RETURN_IF_ERROR(failure_);
  if (closing_) return absl::UnavailableError("the daemon stops; try again when it is back");
  if (waiting_.empty()) {
    next_ = std::move(change);
  } else {
    next_.Add(std::move(change));
  }
  waiting_.push_back(std::move(on_durable));
  work_came_.NotifyOne();
  return absl::OkStatus();
}

absl::Status Journal::failure() const {
  MutexLock lock(mutex_);
  return failure_;
}

void Journal::Close() {
  if (writer_ == nullptr) return;
  {
    MutexLock lock(mutex_);
    closing_ = true;
    work_came_.NotifyOne();
  }
  writer_ = nullptr;
}

void Journal::Run() {
  MutexLock lock(mutex_);
  while (AwaitWork()) {
    const StoreChange change = std::exchange(next_, {});
    std::vector<OnDurable> callbacks = std::exchange(waiting_, {});
    mutex_.Unlock();
    const absl::Status status = Commit(change);
    for (const OnDurable& on_durable : callbacks) on_durable(status);
    callbacks.clear();
    mutex_.Lock();
  }
}

bool Journal::AwaitWork() {
  while (waiting_.empty() && !closing_) {
    clock_.WaitUntil(mutex_, work_came_, absl::InfiniteDuration());
  }
  return !waiting_.empty();
}

absl::Status Journal::Store(const StoreChange& change) {
  SLUICE_FAILPOINT_OR_RETURN("journal.before_commit");
  SLUICE_RETURN_IF_ERROR(store_.Commit(change));
  SLUICE_FAILPOINT_OR_RETURN("journal.after_sync");
  return absl::OkStatus();
}

absl::Status Journal::Commit(const StoreChange& change) {
  // What was taken before the failure was known fails with it.
  SLUICE_RETURN_IF_ERROR(failure());
  const absl::Status status = Store(change);
  // This change may be durable, and no other will be.
  const absl::Status failed = status.ok() ? store_.failure() : status;
  if (failed.ok()) return status;
  Fail(failed);
  return status.ok() ? status : failure();
}

void Journal::Fail(const absl::Status& failed) {
  {
    MutexLock lock(mutex_);
    failure_ = TextForCallers(failed);
  }
  options_.on_failure(failed);
}

}  // namespace sluice
