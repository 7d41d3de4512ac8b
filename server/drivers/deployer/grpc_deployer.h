// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Deployer that calls sluice.agent.v1.AgentService at each target's address. Thread-safe: its
// configuration never changes.

#ifndef SLUICE_DRIVERS_DEPLOYER_GRPC_DEPLOYER_H_
#define SLUICE_DRIVERS_DEPLOYER_GRPC_DEPLOYER_H_

#include <stop_token>
#include <string>

#include "absl/strings/string_view.h"
#include "base/violations.h"
#include "ports/deployer.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice {

class GrpcDeployer final : public Deployer {
 public:
  static void Validate(absl::string_view field, const config::v1::GrpcDeployer& config,
                       Violations& violations);

  // `config` must hold Validate.
  explicit GrpcDeployer(const config::v1::GrpcDeployer& config);

  CallResult Deploy(const TargetCall& call, std::stop_token stop) override;
  // UNIMPLEMENTED when the agent does not implement ReportVersion.
  absl::StatusOr<std::string> RunningVersion(const TargetCall& call, std::stop_token stop) override;
  absl::Duration MaxDuration() const override { return timeout_; }

 private:
  const absl::Duration timeout_;
};

}  // namespace sluice

#endif  // SLUICE_DRIVERS_DEPLOYER_GRPC_DEPLOYER_H_
