// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The part that the exec drivers share: a configured command and what each call adds to its
// environment. Stateless.

#ifndef SLUICE_DRIVERS_SHARED_COMMAND_H_
#define SLUICE_DRIVERS_SHARED_COMMAND_H_

#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/subprocess.h"
#include "base/violations.h"
#include "ports/deployer.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice {

void CheckCommand(absl::string_view field, const config::v1::Command& command,
                  Violations& violations);

// `command` must hold CheckCommand. `default_timeout` applies where it has none.
CommandOptions ToCommandOptions(const config::v1::Command& command, absl::Duration default_timeout);

// SLUICE_SERVICE, SLUICE_VERSION ... of the call.
std::map<std::string, std::string> TargetEnvironment(const TargetCall& call);

// Runs `command` with `environment` added.
CommandResult RunWith(const CommandOptions& command,
                      const std::map<std::string, std::string>& environment,
                      const std::stop_token& stop);

// The result's status, with the last line of its output in the message: for callers that keep no
// output.
absl::Status StatusWithLastLine(const CommandResult& result);

// The longest that the command can take until it is killed.
absl::Duration LongestRun(const CommandOptions& command);

}  // namespace sluice

#endif  // SLUICE_DRIVERS_SHARED_COMMAND_H_
