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

v1::RollbackRequest MakeRequest(const RollbackOptions& options, const v1::DeploymentState& found) {
  v1::RollbackRequest request;
  request.set_request_id(options.request_id.empty() ? RandomRequestId() : options.request_id);
  request.set_to_version(options.to_version);
  request.set_reason(options.reason);
  request.set_deployment_id(found.id());
  return request;
}

}  // namespace

ExitCode Run(const RollbackOptions& options, Session& session) {
  v1::DeploymentState state;
  if (const grpc::Status found = session.Find(options.subject, state); !found.ok()) {
    return session.Fail(found);
  }
  const v1::RollbackRequest request = MakeRequest(options, state);
  const grpc::Status status =
      session.connection.Call(&Connection::Deployments::Rollback, request, state);
  if (!status.ok()) return session.Fail(status);
  if (options.watch) {
    const ExitCode outcome = WatchToTheEnd(session, state);
    // Being back is what was asked for.
    return outcome == ExitCode::kRolledBack ? ExitCode::kDone : outcome;
  }
  if (session.structured()) {
    session.PrintState(state);
    return ExitCode::kDone;
  }
  const std::string id = ShortId(state.id());
  session.console.Write(absl::StrCat("deployment ", id, ": ", Printable(state.service()),
                                     " is taken back, now ", Word(state.status()),
                                     "\n`sluice watch ", id, "` follows it.\n"));
  return ExitCode::kDone;
}

}  // namespace sluice::client
