// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/health/exec_health_check.h"

#include <algorithm>

#include "base/text.h"
#include "drivers/shared/command.h"

namespace sluice {
namespace {

CommandOptions CheckOptions(const config::v1::ExecHealthCheck& config, absl::Duration timeout) {
  CommandOptions command = ToCommandOptions(config.command(), timeout);
  command.timeout = std::min(command.timeout, timeout);
  return command;
}

}  // namespace

void ExecHealthCheck::Validate(absl::string_view field, const config::v1::ExecHealthCheck& config,
                               Violations& violations) {
  CheckCommand(FieldPath(field, "command"), config.command(), violations);
}

ExecHealthCheck::ExecHealthCheck(const config::v1::ExecHealthCheck& config, absl::Duration timeout)
    : command_(CheckOptions(config, timeout)) {}

absl::StatusOr<std::string> ExecHealthCheck::Check(const TargetCall& call, std::stop_token stop) {
  const CommandResult result = RunWith(command_, TargetEnvironment(call), stop);
  if (!result.status.ok()) return StatusWithLastLine(result);
  return LastLine(result.output);
}

}  // namespace sluice
