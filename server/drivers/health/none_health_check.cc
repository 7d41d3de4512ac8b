// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/health/none_health_check.h"

namespace sluice {

absl::StatusOr<std::string> NoneHealthCheck::Check(const TargetCall& /*call*/,
                                                   std::stop_token stop) {
  if (stop.stop_requested()) return absl::CancelledError("the health check was cancelled");
  return "not checked";
}

}  // namespace sluice
