// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/health/tcp_health_check.h"

#include "base/status_macros.h"

namespace sluice {

absl::StatusOr<std::string> TcpHealthCheck::Check(const TargetCall& call, std::stop_token stop) {
  SLUICE_RETURN_IF_ERROR(client_.Connect(call.target_address, timeout_, stop));
  return "connected";
}

}  // namespace sluice
