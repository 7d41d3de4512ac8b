// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Health check for services without one: what was deployed is healthy. Thread-safe, no state.

#ifndef SLUICE_DRIVERS_HEALTH_NONE_HEALTH_CHECK_H_
#define SLUICE_DRIVERS_HEALTH_NONE_HEALTH_CHECK_H_

#include <stop_token>
#include <string>

#include "ports/health_check.h"

namespace sluice {

class NoneHealthCheck final : public HealthCheck {
 public:
  absl::StatusOr<std::string> Check(const TargetCall& call, std::stop_token stop) override;
};

}  // namespace sluice

#endif  // SLUICE_DRIVERS_HEALTH_NONE_HEALTH_CHECK_H_
