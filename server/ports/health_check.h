// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Port: asks a target once whether it is healthy. Implemented by drivers/health, called by the
// engine's HealthWatch, which counts successes and failures by the HealthPolicy.

#ifndef SLUICE_PORTS_HEALTH_CHECK_H_
#define SLUICE_PORTS_HEALTH_CHECK_H_

#include <stop_token>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ports/deployer.h"

namespace sluice {

// Thread-safe. Blocks as Deployer does.
class HealthCheck {
 public:
  virtual ~HealthCheck() = default;

  // OK with a text for people ("HTTP 200"), or an error that says what was wrong. DEADLINE_EXCEEDED
  // after the driver's timeout, CANCELLED when `stop` was requested.
  virtual absl::StatusOr<std::string> Check(const TargetCall& call, std::stop_token stop) = 0;
};

// When a target counts as healthy: `healthy_threshold` successes in a row, then no
// `unhealthy_threshold` failures in a row until `min_healthy_time` after the first of those
// successes; all of it before `deadline`.
struct HealthPolicy {
  absl::Duration interval = absl::Seconds(1);
  int healthy_threshold = 1;
  int unhealthy_threshold = 1;
  absl::Duration min_healthy_time = absl::ZeroDuration();
  // Zero: the first answer decides.
  absl::Duration deadline = absl::Minutes(1);
};

}  // namespace sluice

#endif  // SLUICE_PORTS_HEALTH_CHECK_H_
