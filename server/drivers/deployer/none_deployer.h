// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Deployer that does nothing, successfully: for services whose rollout moves traffic alone.
// Thread-safe, no state.

#ifndef SLUICE_DRIVERS_DEPLOYER_NONE_DEPLOYER_H_
#define SLUICE_DRIVERS_DEPLOYER_NONE_DEPLOYER_H_

#include <stop_token>
#include <string>

#include "ports/deployer.h"

namespace sluice {

class NoneDeployer final : public Deployer {
 public:
  CallResult Deploy(const TargetCall& call, std::stop_token stop) override;
  // UNIMPLEMENTED.
  absl::StatusOr<std::string> RunningVersion(const TargetCall& call, std::stop_token stop) override;
  bool TellsVersion() const override { return false; }
  absl::Duration MaxDuration() const override { return absl::ZeroDuration(); }
};

}  // namespace sluice

#endif  // SLUICE_DRIVERS_DEPLOYER_NONE_DEPLOYER_H_
