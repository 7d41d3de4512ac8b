// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/deployer/none_deployer.h"

namespace sluice {

CallResult NoneDeployer::Deploy(const TargetCall& /*call*/, std::stop_token stop) {
  if (stop.stop_requested()) return {absl::CancelledError("the deploy was cancelled"), ""};
  return {absl::OkStatus(), ""};
}

absl::StatusOr<std::string> NoneDeployer::RunningVersion(const TargetCall& /*call*/,
                                                         std::stop_token /*stop*/) {
  return absl::UnimplementedError("the deployer \"none\" knows no versions");
}

}  // namespace sluice
