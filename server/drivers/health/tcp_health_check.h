// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Health check that makes a TCP connection. Thread-safe: its configuration never changes.

#ifndef SLUICE_DRIVERS_HEALTH_TCP_HEALTH_CHECK_H_
#define SLUICE_DRIVERS_HEALTH_TCP_HEALTH_CHECK_H_

#include <stop_token>
#include <string>

#include "absl/time/time.h"
#include "drivers/shared/http_client.h"
#include "ports/health_check.h"

namespace sluice {

class TcpHealthCheck final : public HealthCheck {
 public:
  explicit TcpHealthCheck(absl::Duration timeout) : timeout_(timeout) {}

  absl::StatusOr<std::string> Check(const TargetCall& call, std::stop_token stop) override;

 private:
  const absl::Duration timeout_;
  // For its resolver and its connect: both can be cancelled, getaddrinfo cannot.
  const HttpClient client_;
};

}  // namespace sluice

#endif  // SLUICE_DRIVERS_HEALTH_TCP_HEALTH_CHECK_H_
