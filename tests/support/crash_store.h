// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// A record store whose process ends when the test says so: what was committed by then is there at
// the next start, and nothing that came later.

#ifndef SLUICE_TESTS_SUPPORT_CRASH_STORE_H_
#define SLUICE_TESTS_SUPPORT_CRASH_STORE_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include "drivers/record_store/memory_record_store.h"

namespace sluice {

// Thread-safe.
class CrashStore final : public RecordStore {
 public:
  // Called by Commit, without a lock: before anything is written, and when it is but nobody knows.
  using Witness = std::function<void(const StoreChange& change, bool is_written)>;

  // Before the first commit.
  void SetWitness(Witness witness) { witness_ = std::move(witness); }
  void Crash() { CrashAfter(0); }
  // So many commits more, then the end. Of the next one nobody learns whether it `is_kept`.
  void CrashAfter(int64_t commits, bool is_kept = false) {
    is_next_kept_ = is_kept;
    commits_left_ = commits;
  }
  void Restart() { commits_left_ = kForever; }
  bool has_crashed() const { return commits_left_ <= 0; }

  absl::StatusOr<StoreChange> Load() override { return store_.Load(); }
  absl::Status Commit(const StoreChange& change) override {
    if (witness_) witness_(change, false);
    const bool is_over = commits_left_ <= 0;
    if (is_over && !is_next_kept_.exchange(false)) return HasEnded();
    if (!is_over) --commits_left_;
    const absl::Status status = store_.Commit(change);
    if (witness_) witness_(change, true);
    return is_over ? HasEnded() : status;
  }
  absl::Status Backup(const std::string& file) override { return store_.Backup(file); }

 private:
  static absl::Status HasEnded() { return absl::UnavailableError("the process has ended"); }

  static constexpr int64_t kForever = INT64_MAX / 2;

  MemoryRecordStore store_;
  Witness witness_;
  std::atomic<int64_t> commits_left_{kForever};
  std::atomic<bool> is_next_kept_{false};
};

}  // namespace sluice

#endif  // SLUICE_TESTS_SUPPORT_CRASH_STORE_H_
