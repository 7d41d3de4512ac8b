// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/backups.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/violations.h"

namespace sluice {
namespace {

constexpr size_t kMaxPathBytes = 4096;
// SQLite's own calls are deeper than the engine's waits.
constexpr size_t kStackBytes = 1024 * 1024;

absl::Status CheckFile(const std::string& file) {
  Violations violations;
  CheckText("file", file, kMaxPathBytes, violations);
  if (violations.empty() && (file.empty() || file.front() != '/' || file.back() == '/')) {
    violations.Add("file", absl::StrCat("must be the absolute path of a file on the daemon's "
                                        "machine, is ",
                                        Quoted(file)));
  }
  return violations.ToStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Backups>> Backups::Start(Clock& clock, RecordStore& store) {
  std::unique_ptr<Backups> backups(new Backups(clock, store));
  SLUICE_ASSIGN_OR_RETURN(
      Thread thread, Thread::Start(
                         clock, "backup", [self = backups.get()] { self->Run(); }, kStackBytes));
  backups->thread_ = std::make_unique<Thread>(std::move(thread));
  return backups;
}

Backups::~Backups() {
  {
    MutexLock lock(mutex_);
    closing_ = true;
    changed_.NotifyAll();
  }
  thread_ = nullptr;
}

void Backups::Make(const std::string& file, OnDone done) {
  absl::Status taken = CheckFile(file);
  if (taken.ok()) taken = Take(file, done);
  if (!taken.ok()) done(taken);
}

absl::Status Backups::Take(const std::string& file, const OnDone& done) {
  MutexLock lock(mutex_);
  if (job_.has_value()) {
    return absl::ResourceExhaustedError(absl::StrCat("the backup ", Quoted(job_->file),
                                                     " is being made; try again when it is done"));
  }
  job_ = Job{file, done};
  changed_.NotifyAll();
  return absl::OkStatus();
}

void Backups::Run() {
  MutexLock lock(mutex_);
  while (AwaitJob()) {
    const Job job = *job_;
    mutex_.Unlock();
    const absl::Status status = store_.Backup(job.file);
    mutex_.Lock();
    // First: who learns that this copy is done may ask for the next.
    job_.reset();
    mutex_.Unlock();
    job.done(status);
    mutex_.Lock();
  }
}

bool Backups::AwaitJob() {
  while (!job_.has_value() && !closing_) {
    clock_.WaitUntil(mutex_, changed_, absl::InfiniteDuration());
  }
  return job_.has_value();
}

}  // namespace sluice
