// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Health check by grpc.health.v1.Health/Check. Thread-safe: its configuration never changes.

#ifndef SLUICE_DRIVERS_HEALTH_GRPC_HEALTH_CHECK_H_
#define SLUICE_DRIVERS_HEALTH_GRPC_HEALTH_CHECK_H_

#include <stop_token>
#include <string>

#include "absl/time/time.h"
#include "ports/health_check.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice {

class GrpcHealthCheck final : public HealthCheck {
 public:
  GrpcHealthCheck(const config::v1::GrpcHealthCheck& config, absl::Duration timeout);

  // Anything but SERVING is an error. Making the connection counts in the timeout.
  absl::StatusOr<std::string> Check(const TargetCall& call, std::stop_token stop) override;

 private:
  const std::string service_name_;
  const absl::Duration timeout_;
};

}  // namespace sluice

#endif  // SLUICE_DRIVERS_HEALTH_GRPC_HEALTH_CHECK_H_
