// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// How much of the audit trail one caller may fill with what changes nothing. Else whoever has any
// right at all could fill the disk, and hide in the crowd of others. Used by the gate.

#ifndef SLUICE_RPC_AUDIT_BUDGET_H_
#define SLUICE_RPC_AUDIT_BUDGET_H_

#include <cstdint>
#include <map>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/mutex.h"

namespace sluice {

// Thread-safe. Callers are told apart by Principal::Key; times are monotonic.
class AuditBudget {
 public:
  // Refusals of one caller that are recorded in a second. Whoever has had so many begins no change
  // in what is left of it, so that there is nothing more to record.
  static constexpr int kMaxRefusals = 100;
  // Changes of one caller that have begun and are not done: what may be refused beyond that.
  static constexpr int kMaxUnderWay = 1000;

  // Whether one more refusal may be recorded.
  bool TakeRefusal(const std::string& caller, absl::Duration now);

  // Whether a change may begin: OK, and End must follow; or RESOURCE_EXHAUSTED.
  absl::Status Begin(const std::string& caller, absl::Duration now);
  void End(const std::string& caller, bool refused, absl::Duration now);

  // Refusals that were too many since the last call.
  int64_t Missed();

 private:
  struct Account {
    int refused = 0;  // in this second
    int under_way = 0;
  };

  Account& Of(const std::string& caller, absl::Duration now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Mutex mutex_;
  int64_t second_ ABSL_GUARDED_BY(mutex_) = -1;
  std::map<std::string, Account> accounts_ ABSL_GUARDED_BY(mutex_);
  int64_t missed_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace sluice

#endif  // SLUICE_RPC_AUDIT_BUDGET_H_
