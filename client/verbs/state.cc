// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "client/verbs/verbs.h"

namespace sluice::client {

ExitCode Run(const StateOptions& options, Session& session) {
  v1::DeploymentState state;
  if (const grpc::Status found = session.Find(options.subject, state); !found.ok()) {
    return session.FailAbout(options.subject, found);
  }
  session.PrintState(state);
  return ExitCode::kDone;
}

}  // namespace sluice::client
