// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "rpc/audit_budget.h"

#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"

namespace sluice {

bool AuditBudget::TakeRefusal(const std::string& caller, absl::Duration now) {
  MutexLock lock(mutex_);
  Account& account = Of(caller, now);
  if (account.refused < kMaxRefusals) return ++account.refused > 0;
  ++missed_;
  return false;
}

absl::Status AuditBudget::Begin(const std::string& caller, absl::Duration now) {
  MutexLock lock(mutex_);
  Account& account = Of(caller, now);
  if (account.refused >= kMaxRefusals) {
    return absl::ResourceExhaustedError(
        absl::StrCat(account.refused, " calls of this caller were refused within this second; ",
                     "nothing more of it is changed until the next one"));
  }
  if (account.under_way >= kMaxUnderWay) {
    return absl::ResourceExhaustedError(absl::StrCat(
        account.under_way, " changes of this caller are under way already; try again"));
  }
  ++account.under_way;
  return absl::OkStatus();
}

void AuditBudget::End(const std::string& caller, bool refused, absl::Duration now) {
  MutexLock lock(mutex_);
  Account& account = Of(caller, now);
  --account.under_way;
  if (refused) ++account.refused;
}

int64_t AuditBudget::Missed() {
  MutexLock lock(mutex_);
  return std::exchange(missed_, 0);
}

AuditBudget::Account& AuditBudget::Of(const std::string& caller, absl::Duration now) {
  const int64_t second = absl::ToInt64Seconds(now);
  if (second != std::exchange(second_, second)) {
    for (auto it = accounts_.begin(); it != accounts_.end();) {
      it->second.refused = 0;
      it = it->second.under_way == 0 ? accounts_.erase(it) : std::next(it);
    }
  }
  return accounts_[caller];
}

}  // namespace sluice
