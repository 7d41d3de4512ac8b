// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/deployer/exec_deployer.h"

#include "drivers/shared/command.h"
#include "drivers/shared/config_checks.h"

namespace sluice {
namespace {

CommandOptions DeployCommand(const config::v1::ExecDeployer& config) {
  CommandOptions command = ToCommandOptions(config.command(), kDefaultDeployTimeout);
  command.leave_survivors = config.leave_survivors();
  return command;
}

std::optional<CommandOptions> VersionCommand(const config::v1::ExecDeployer& config) {
  if (!config.has_version_command()) return std::nullopt;
  CommandOptions command = ToCommandOptions(config.version_command(), kVersionTimeout);
  command.capture_standard_output = true;
  return command;
}

}  // namespace

void ExecDeployer::Validate(absl::string_view field, const config::v1::ExecDeployer& config,
                            Violations& violations) {
  CheckCommand(FieldPath(field, "command"), config.command(), violations);
  if (config.has_version_command()) {
    CheckCommand(FieldPath(field, "version_command"), config.version_command(), violations);
  }
}

ExecDeployer::ExecDeployer(const config::v1::ExecDeployer& config)
    : command_(DeployCommand(config)), version_command_(VersionCommand(config)) {}

CallResult ExecDeployer::Deploy(const TargetCall& call, std::stop_token stop) {
  CommandResult result = RunWith(command_, TargetEnvironment(call), stop);
  return {std::move(result.status), std::move(result.output)};
}

absl::StatusOr<std::string> ExecDeployer::RunningVersion(const TargetCall& call,
                                                         std::stop_token stop) {
  if (!TellsVersion()) {
    return absl::UnimplementedError("the deployer has no version_command");
  }
  const CommandResult result = RunWith(*version_command_, TargetEnvironment(call), stop);
  if (!result.status.ok()) return StatusWithLastLine(result);
  return ParseVersion(result.standard_output);
}

absl::Duration ExecDeployer::MaxDuration() const { return LongestRun(command_); }

}  // namespace sluice
