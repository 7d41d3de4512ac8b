// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The verbs of the command line, one file each: options in, output on the session's console, exit
// code out. Used by main and the tests.

#ifndef SLUICE_CLIENT_VERBS_VERBS_H_
#define SLUICE_CLIENT_VERBS_VERBS_H_

#include <string>
#include <vector>

#include "client/exit_code.h"
#include "client/options.h"
#include "client/session.h"

namespace sluice::client {

ExitCode Run(const DeployOptions& options, Session& session);
ExitCode Run(const RollbackOptions& options, Session& session);
ExitCode Run(const StateOptions& options, Session& session);
ExitCode Run(const ListOptions& options, Session& session);
ExitCode Run(const WatchOptions& options, Session& session);
ExitCode Run(const PlanOptions& options, Session& session);
ExitCode Run(const ControlOptions& options, Session& session);
ExitCode Run(const ServicesOptions& options, Session& session);
ExitCode Run(const WaitOptions& options, Session& session);
ExitCode Run(const HealthOptions& options, Session& session);
ExitCode Run(const InfoOptions& options, Session& session);
ExitCode Run(const BackupOptions& options, Session& session);
ExitCode Run(const CompletionOptions& options, Session& session);
ExitCode Run(const CertsInitOptions& options, Session& session);
ExitCode Run(const TokenNewOptions& options, Session& session);
ExitCode Run(const AuditOptions& options, Session& session);
ExitCode Run(const AuditVerifyOptions& options, Session& session);

// The hidden verb behind the completion scripts: `words` is the command line after `sluice`, the
// last one being completed. Prints the candidates that begin with it; says nothing of errors.
// kFailed: the name of a file may stand there too.
ExitCode RunComplete(const std::vector<std::string>& words, Session& session);

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_VERBS_VERBS_H_
