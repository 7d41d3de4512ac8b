// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Cuts off callers who open calls and take them back faster than gRPC can clear them away, and lets
// their host make no new connection for a while. A thread looks ten times a second. Owned by the
// server.

#ifndef SLUICE_RPC_RESET_GUARD_H_
#define SLUICE_RPC_RESET_GUARD_H_

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/thread.h"
#include "rpc/connection_table.h"
#include "rpc/reset_limit.h"
#include "rpc/stream_counts.h"

namespace sluice {

class ResetGuard {
 public:
  // The table and the clock outlive it.
  static absl::StatusOr<std::unique_ptr<ResetGuard>> Start(ConnectionTable& table, Clock& clock);
  ~ResetGuard();

 private:
  ResetGuard(ConnectionTable& table, Clock& clock) : table_(table), clock_(clock) {}

  void Look();
  void CutOff(const std::string& host, const std::vector<std::string>& culprits);

  ConnectionTable& table_;
  Clock& clock_;
  StreamCounts counts_;
  FailureRates failure_rates_;
  absl::Duration next_read_;
  std::stop_source stop_;
  std::optional<Thread> thread_;
};

}  // namespace sluice

#endif  // SLUICE_RPC_RESET_GUARD_H_
