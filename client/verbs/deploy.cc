// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "absl/strings/str_cat.h"
#include "client/deploy_request.h"
#include "client/follow.h"
#include "client/text.h"
#include "client/verbs/verbs.h"
#include "client/words.h"

namespace sluice::client {
namespace {

// It may be pending now and running a moment later; a repeated request finds one that has ended.
std::string StandingOf(v1::Status status) {
  return IsTerminal(status) || status == v1::STATUS_PAUSED ? Word(status) : "accepted";
}

}  // namespace

ExitCode Run(const DeployOptions& options, Session& session) {
  const absl::StatusOr<v1::DeployRequest> request = BuildDeployRequest(options);
  if (!request.ok()) return session.UsageError(std::string(request.status().message()));
  v1::DeploymentState state;
  const grpc::Status status =
      session.connection.Call(&Connection::Deployments::Deploy, *request, state);
  if (!status.ok()) return session.FailAbout(request->service(), status, request->request_id());
  if (options.watch) return WatchToTheEnd(session, state);
  if (session.structured()) {
    session.PrintState(state);
    return ExitCode::kDone;
  }
  const std::string id = ShortId(state.id());
  session.console.Write(absl::StrCat("deployment ", id, ": ", Printable(state.service()), " ",
                                     Printable(state.version()), " is ", StandingOf(state.status()),
                                     "\n`sluice watch ", id, "` follows it.\n"));
  return ExitCode::kDone;
}

}  // namespace sluice::client
