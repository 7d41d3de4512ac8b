// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/shared/command.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/survivors.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "drivers/shared/config_checks.h"

namespace sluice {
namespace {

// What ending a command by force adds to its timeout and grace.
constexpr absl::Duration kForcedEnd = absl::Seconds(3);
constexpr absl::Duration kSweepLimit = absl::Seconds(2);
constexpr char kDaemonName[] = "sluiced";
constexpr char kDeploymentVariable[] = "SLUICE_DEPLOYMENT_ID";

void CheckProgram(absl::string_view field, const config::v1::Command& command,
                  Violations& violations) {
  const std::string program = command.argv_size() > 0 ? command.argv(0) : "";
  if (program.empty()) {
    violations.Add(field, "must name a program, as in [\"/usr/bin/deploy\", \"--now\"]");
  } else if (!absl::StrContains(program, '/')) {
    const auto found = FindProgram(program, {command.env().begin(), command.env().end()});
    if (!found.ok()) violations.Add(FieldPath(field, 0), std::string(found.status().message()));
  } else if (program[0] != '/') {
    violations.Add(
        FieldPath(field, 0),
        absl::StrCat("must be an absolute path, or a name that PATH finds, is ", Quoted(program)));
  }
}

void CheckEnvironment(absl::string_view field, const config::v1::Command& command,
                      Violations& violations) {
  const std::map<std::string, std::string> sorted(command.env().begin(), command.env().end());
  for (const auto& [name, value] : sorted) {
    const std::string entry = absl::StrCat(field, "[", Quoted(name), "]");
    if (name.empty() || absl::StrContains(name, '=')) {
      violations.Add(entry, "must be a variable's name, without '='");
    } else if (absl::StartsWith(name, "SLUICE_")) {
      violations.Add(entry, "must not begin with SLUICE_: those are set by Sluice");
    }
  }
}

bool HasNul(const config::v1::Command& command) {
  bool has_nul = absl::StrContains(command.working_directory(), '\0');
  for (const std::string& argument : command.argv()) has_nul |= absl::StrContains(argument, '\0');
  for (const auto& [name, value] : command.env()) {
    has_nul |= absl::StrContains(name, '\0') || absl::StrContains(value, '\0');
  }
  return has_nul;
}

}  // namespace

void CheckCommand(absl::string_view field, const config::v1::Command& command,
                  Violations& violations) {
  CheckProgram(FieldPath(field, "argv"), command, violations);
  CheckEnvironment(FieldPath(field, "env"), command, violations);
  if (HasNul(command)) violations.Add(field, "must not contain NUL characters");
  const std::string& directory = command.working_directory();
  if (!directory.empty() && directory[0] != '/') {
    violations.Add(FieldPath(field, "working_directory"),
                   absl::StrCat("must be an absolute path, is ", Quoted(directory)));
  }
  if (command.has_timeout()) {
    CheckPositive(FieldPath(field, "timeout"), command.timeout(), violations);
  }
  if (command.has_kill_grace()) {
    CheckNotNegative(FieldPath(field, "kill_grace"), command.kill_grace(), violations);
  }
}

CommandOptions ToCommandOptions(const config::v1::Command& command,
                                absl::Duration default_timeout) {
  CommandOptions options;
  options.argv = {command.argv().begin(), command.argv().end()};
  options.environment = {command.env().begin(), command.env().end()};
  options.working_directory = command.working_directory();
  options.timeout = command.has_timeout() ? FromProtoDuration(command.timeout()) : default_timeout;
  if (command.has_kill_grace()) options.kill_grace = FromProtoDuration(command.kill_grace());
  return options;
}

std::map<std::string, std::string> TargetEnvironment(const TargetCall& call) {
  return {{"SLUICE_SERVICE", call.service},
          {"SLUICE_VERSION", call.version},
          {"SLUICE_TARGET_ID", call.target_id},
          {"SLUICE_TARGET_ADDRESS", call.target_address},
          {kDeploymentVariable, call.deployment_id},
          {"SLUICE_STEP", absl::StrCat(call.step)},
          {"SLUICE_ATTEMPT", absl::StrCat(call.attempt)},
          {"SLUICE_EPOCH", absl::StrCat(call.epoch)}};
}

CommandResult RunWith(const CommandOptions& command,
                      const std::map<std::string, std::string>& environment,
                      const std::stop_token& stop) {
  CommandOptions options = command;
  for (const auto& [name, value] : environment) options.environment[name] = value;
  return RunCommand(options, stop);
}

absl::Status StatusWithLastLine(const CommandResult& result) {
  const std::string line = LastLine(result.output);
  if (result.status.ok() || line.empty()) return result.status;
  return absl::Status(result.status.code(),
                      absl::StrCat(std::string(result.status.message()), ": ", line));
}

std::map<pid_t, std::string> KillCommandsOf(const std::set<std::string>& deployment_ids) {
  const auto is_theirs = [&](pid_t pid, absl::string_view environment) {
    bool is_ours_to_kill = false;
    bool is_of_deployment = false;
    for (const absl::string_view variable : absl::StrSplit(environment, '\0')) {
      const std::pair<std::string, std::string> part =
          absl::StrSplit(variable, absl::MaxSplits('=', 1));
      is_ours_to_kill = is_ours_to_kill || part.first == kCookieVariable;
      is_of_deployment = is_of_deployment || (part.first == kDeploymentVariable &&
                                              deployment_ids.count(part.second) > 0);
    }
    // Those of a daemon that lives are its own, also when these records are a copy of its.
    return is_ours_to_kill && is_of_deployment && !HasAncestorNamed(pid, kDaemonName);
  };
  if (deployment_ids.empty()) return {};
  return KillProcesses(is_theirs, kSweepLimit);
}

absl::Duration LongestRun(const CommandOptions& command) {
  return command.timeout + command.kill_grace + kForcedEnd;
}

}  // namespace sluice
