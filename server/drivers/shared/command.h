// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The part that the exec drivers share: a configured command and what each call adds to its
// environment; and what becomes of the commands of a daemon that was killed. Stateless.

#ifndef SLUICE_DRIVERS_SHARED_COMMAND_H_
#define SLUICE_DRIVERS_SHARED_COMMAND_H_

#include <sys/types.h>

#include <map>
#include <set>
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

// Kills the commands of these deployments, and what they started: at the start of a daemon, of one
// before that was killed while they ran. Otherwise a target might get two commands at once, or an
// old one after a newer. Not those with leave_survivors, which cannot be told from what they left.
// Returns their names by process id.
std::map<pid_t, std::string> KillCommandsOf(const std::set<std::string>& deployment_ids);

}  // namespace sluice

#endif  // SLUICE_DRIVERS_SHARED_COMMAND_H_
