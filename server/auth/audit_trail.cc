// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "auth/audit_trail.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "auth/methods.h"
#include "base/audit/audit_line.h"
#include "base/status_macros.h"
#include "base/timestamp.h"
#include "base/violations.h"
#include "spdlog/spdlog.h"

namespace sluice {
namespace {

// The changes that a record was waited for are made on the trail's thread.
constexpr size_t kStackBytes = size_t{1024} * 1024;
constexpr absl::Duration kRetryInterval = absl::Seconds(1);
constexpr size_t kMaxLoggedBytes = 4096;

// Callers learn what it means for them, not how the daemon's disk is laid out.
absl::Status TextForCallers(const absl::Status& written, bool is_final) {
  if (written.ok()) return written;
  return absl::Status(written.code(),
                      absl::StrCat("its file cannot be written",
                                   is_final ? " any more until sluiced is restarted" : "",
                                   "; the daemon's log says more"));
}

void LogUnwritten(std::vector<v1::AuditRecord>& records) {
  for (v1::AuditRecord& record : records) {
    spdlog::error("event=audit_unwritten record={}", ToAuditLine(record));
  }
}

}  // namespace

v1::AuditRecord MakeAuditRecord(const Principal& principal, absl::string_view method) {
  v1::AuditRecord record;
  record.set_principal(principal.Name());
  record.set_how(principal.How());
  record.set_peer(principal.peer);
  record.set_method(ShortMethodName(method));
  return record;
}

void SetOutcome(const absl::Status& status, v1::AuditRecord& record) {
  record.set_outcome(absl::StatusCodeToString(status.code()));
  record.set_message(std::string(status.message()));
}

absl::StatusOr<std::unique_ptr<AuditTrail>> AuditTrail::Open(const std::string& path, Clock& clock,
                                                             OnChange on_change) {
  SLUICE_ASSIGN_OR_RETURN(std::unique_ptr<AuditFile> file, AuditFile::Open(path));
  if (file->cut_bytes() > 0) {
    spdlog::warn("event=audit_line_cut file={} bytes={} message=\"the last line was incomplete\"",
                 path, file->cut_bytes());
  }
  // Where the end stands now, told to a place that whoever changes the file may not reach.
  spdlog::info("event=audit_opened file={} records={} last_hash={}", path, file->last_sequence(),
               file->last_hash());
  std::unique_ptr<AuditTrail> trail(new AuditTrail(std::move(file), clock, std::move(on_change)));
  SLUICE_ASSIGN_OR_RETURN(
      trail->thread_, Thread::Start(
                          clock, "audit", [self = trail.get()] { self->Write(); }, kStackBytes));
  return trail;
}

AuditTrail::AuditTrail(std::unique_ptr<AuditFile> file, Clock& clock, OnChange on_change)
    : clock_(clock), on_change_(std::move(on_change)), file_(std::move(file)) {}

AuditTrail::~AuditTrail() {
  {
    MutexLock lock(mutex_);
    closing_ = true;
    entry_came_.NotifyAll();
  }
  if (thread_) thread_->Join();
}

absl::Status AuditTrail::Append(v1::AuditRecord record, Done done) {
  MutexLock lock(mutex_);
  SLUICE_RETURN_IF_ERROR(CheckRoom());
  Take(std::move(record), std::move(done));
  return absl::OkStatus();
}

void AuditTrail::AppendDone(v1::AuditRecord record, Done done) {
  MutexLock lock(mutex_);
  Take(std::move(record), std::move(done));
}

absl::Status AuditTrail::CheckRoom() const {
  if (waiting_.size() < kMaxWaiting) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      absl::StrCat("it is ", waiting_.size(), " records behind; try again"));
}

void AuditTrail::Take(v1::AuditRecord record, Done done) {
  *record.mutable_time() = ToTimestamp(clock_.Now());
  waiting_.push_back({std::move(record), std::move(done)});
  entry_came_.NotifyOne();
}

absl::Status AuditTrail::status() const {
  MutexLock lock(mutex_);
  return failure_.ok() ? CheckRoom() : failure_;
}

absl::Status AuditTrail::failure() const {
  MutexLock lock(mutex_);
  return failure_;
}

void AuditTrail::Flush() {
  MutexLock lock(mutex_);
  while (writing_ || !waiting_.empty()) {
    clock_.WaitUntil(mutex_, batch_ended_, absl::InfiniteDuration());
  }
}

void AuditTrail::Write() {
  MutexLock lock(mutex_);
  for (;;) {
    while (waiting_.empty() && !closing_) AwaitEntry();
    if (waiting_.empty()) return;
    WriteBatch(std::exchange(waiting_, {}));
  }
}

// While nothing can be written nobody brings records: it has to be tried without one.
void AuditTrail::AwaitEntry() {
  const absl::Duration deadline =
      failure_.ok() ? absl::InfiniteDuration() : clock_.Monotonic() + kRetryInterval;
  while (waiting_.empty() && !closing_ && clock_.Monotonic() < deadline) {
    clock_.WaitUntil(mutex_, entry_came_, deadline);
  }
  if (waiting_.empty() && !closing_) Retry();
}

void AuditTrail::Retry() {
  mutex_.Unlock();
  Show(file_->TryToWrite());
  mutex_.Lock();
}

void AuditTrail::Show(const absl::Status& written) {
  if (written == written_) return;
  written_ = written;
  if (written.ok()) {
    spdlog::info("event=audit_recovered message=\"the audit trail can be written again\"");
  } else {
    spdlog::critical("event=audit_failed error={}", Quoted(written.message(), kMaxLoggedBytes));
  }
  {
    MutexLock lock(mutex_);
    failure_ = TextForCallers(written, file_->is_broken());
  }
  if (on_change_ != nullptr) on_change_();
}

void AuditTrail::WriteBatch(std::vector<Entry> batch) {
  writing_ = true;
  mutex_.Unlock();
  std::vector<v1::AuditRecord> records;
  for (Entry& entry : batch) records.push_back(std::move(entry.record));
  const absl::Status written = file_->Append(records);
  Show(written);
  if (!written.ok()) LogUnwritten(records);
  const absl::Status told = failure();
  for (size_t i = 0; i < batch.size(); ++i) {
    if (!batch[i].done) continue;
    batch[i].done(told.ok() ? absl::StatusOr<int64_t>(records[i].sequence()) : told);
  }
  mutex_.Lock();
  writing_ = false;
  batch_ended_.NotifyAll();
}

}  // namespace sluice
