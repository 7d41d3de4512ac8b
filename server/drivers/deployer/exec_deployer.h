// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Deployer that runs a configured command for each target. Thread-safe: its configuration never
// changes.

#ifndef SLUICE_DRIVERS_DEPLOYER_EXEC_DEPLOYER_H_
#define SLUICE_DRIVERS_DEPLOYER_EXEC_DEPLOYER_H_

#include <optional>
#include <stop_token>
#include <string>

#include "absl/strings/string_view.h"
#include "base/subprocess.h"
#include "base/violations.h"
#include "ports/deployer.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice {

class ExecDeployer final : public Deployer {
 public:
  static void Validate(absl::string_view field, const config::v1::ExecDeployer& config,
                       Violations& violations);

  // `config` must hold Validate.
  explicit ExecDeployer(const config::v1::ExecDeployer& config);

  CallResult Deploy(const TargetCall& call, std::stop_token stop) override;
  // What version_command prints to standard output.
  absl::StatusOr<std::string> RunningVersion(const TargetCall& call, std::stop_token stop) override;
  bool TellsVersion() const override { return version_command_.has_value(); }
  absl::Duration MaxDuration() const override;

 private:
  const CommandOptions command_;
  const std::optional<CommandOptions> version_command_;
};

}  // namespace sluice

#endif  // SLUICE_DRIVERS_DEPLOYER_EXEC_DEPLOYER_H_
