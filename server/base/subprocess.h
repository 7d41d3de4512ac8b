// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Runs a command to its end: no shell, a clean environment, a session of its own, bounded output, a
// timeout, and nothing left behind. Used by the exec drivers, from any number of threads at once.

#ifndef SLUICE_BASE_SUBPROCESS_H_
#define SLUICE_BASE_SUBPROCESS_H_

#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace sluice {

struct CommandOptions {
  // The program, by path or by a name that PATH finds, and its arguments.
  std::vector<std::string> argv;
  // All that the command gets, beside PATH (the daemon's unless given here) and, unless its
  // survivors may live on, SLUICE_CALL_ID.
  std::map<std::string, std::string> environment;
  // Empty: the daemon's.
  std::string working_directory;
  absl::Duration timeout = absl::InfiniteDuration();
  // Time between SIGTERM and SIGKILL after the timeout.
  absl::Duration kill_grace = absl::Seconds(5);
  // What the command started may live on after it ended by itself.
  bool leave_survivors = false;
  // Keep standard output apart too, in CommandResult::standard_output.
  bool capture_standard_output = false;
};

struct CommandResult {
  // OK: exit code 0. UNKNOWN: another exit code or a signal. DEADLINE_EXCEEDED, CANCELLED. When the
  // command could not be started: what the system said (NOT_FOUND, PERMISSION_DENIED ...); a lack
  // of processes or descriptors only when it lasts for 2 s.
  absl::Status status;
  // Standard output and standard error as they came: head and tail, valid UTF-8.
  std::string output;
  // Head and tail too, byte for byte: for a program to read.
  std::string standard_output;
};

// Returns when the command has ended, however long what it started keeps its output open. When
// `stop` is requested the command gets SIGTERM, then SIGKILL, and the call ends within 0.5 s.
CommandResult RunCommand(const CommandOptions& options, const std::stop_token& stop);

// The path of `program` for a command with this environment: as it is when it has a slash, else
// searched in PATH. NOT_FOUND says where it was searched.
absl::StatusOr<std::string> FindProgram(const std::string& program,
                                        const std::map<std::string, std::string>& environment);

}  // namespace sluice

#endif  // SLUICE_BASE_SUBPROCESS_H_
