// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Starts one process from a threaded program, safely: own session, default signals, standard input
// from /dev/null, output into pipes, no other file descriptor. Used by RunCommand. Thread-safe.

#ifndef SLUICE_BASE_SPAWN_H_
#define SLUICE_BASE_SPAWN_H_

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/unique_fd.h"

namespace sluice {

struct SpawnOptions {
  std::string program;  // a path
  std::vector<std::string> argv;
  std::map<std::string, std::string> environment;  // all of it
  std::string working_directory;                   // empty: ours
  // Standard error gets a pipe of its own, instead of sharing that of standard output.
  bool separate_standard_error = false;
};

struct SpawnedProcess {
  pid_t pid = 0;    // also the id of its process group and session
  UniqueFd handle;  // a pidfd
  // Read ends, non-blocking.
  UniqueFd standard_output;
  UniqueFd standard_error;  // only when separate
};

// The caller reaps the process. The error carries errno's text.
absl::StatusOr<SpawnedProcess> Spawn(const SpawnOptions& options);

}  // namespace sluice

#endif  // SLUICE_BASE_SPAWN_H_
