// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// What the program's exit code means, and which outcome gives which. The table in the man page and
// in --help is the same. Pure; any thread.

#ifndef SLUICE_CLIENT_EXIT_CODE_H_
#define SLUICE_CLIENT_EXIT_CODE_H_

#include "grpcpp/support/status.h"
#include "sluice/v1/deployment.pb.h"

namespace sluice::client {

enum class ExitCode {
  kDone = 0,
  kFailed = 1,
  kUsage = 2,
  kRolledBack = 3,
  kRollbackIncomplete = 4,
  kTimedOut = 5,
  kRefused = 6,
  kUnreachable = 7,
  // Ended by signal n: 128 + n, as a shell reports it.
  kSignalBase = 128,
};

inline constexpr char kExitCodeHelp[] =
    "Exit codes: 0 done, 1 failed, 2 usage, 3 rolled back, 4 rollback incomplete, 5 timed out,\n"
    "6 refused, 7 daemon unreachable, 128+n ended by signal n";

// Of a deployment in a terminal status; kDone for one that still runs.
ExitCode OutcomeOf(const v1::DeploymentState& state);

// Of a call that was not OK.
ExitCode ExitCodeOf(grpc::StatusCode code);
// The same, where the daemon's words tell what the code does not: that it refused for want of a
// place to record it, or did it.
ExitCode ExitCodeOf(const grpc::Status& status);
// What has to be recorded could not be: before it was done, which it then was not, or afterwards.
bool IsOfTheAuditTrail(const grpc::Status& status);
bool WasRefused(const grpc::Status& of_the_audit_trail);

ExitCode EndedBySignal(int signal_number);

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_EXIT_CODE_H_
