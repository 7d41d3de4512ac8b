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

v1::RollbackRequest MakeRequest(const RollbackOptions& options) {
  v1::RollbackRequest request;
  request.set_request_id(options.request_id.empty() ? RandomRequestId() : options.request_id);
  request.set_to_version(options.to_version);
  request.set_reason(options.reason);
  return request;
}

// Exactly the deployment that the user means, where he may look; else what he calls it.
grpc::Status SetSubject(Session& session, const std::string& subject,
                        v1::RollbackRequest& request) {
  v1::DeploymentState found;
  const grpc::Status status = session.Find(subject, found);
  if (status.ok()) {
    request.set_deployment_id(found.id());
    return status;
  }
  if (status.error_code() != grpc::StatusCode::PERMISSION_DENIED) return status;
  // The right to roll back can be had without that to look.
  if (Session::LooksLikeAnId(subject)) {
    request.set_deployment_id(subject);
  } else {
    request.set_service(subject);
  }
  return grpc::Status::OK;
}

}  // namespace

ExitCode Run(const RollbackOptions& options, Session& session) {
  v1::RollbackRequest request = MakeRequest(options);
  if (const grpc::Status found = SetSubject(session, options.subject, request); !found.ok()) {
    return session.FailAbout(options.subject, found);
  }
  v1::DeploymentState state;
  const grpc::Status status =
      session.connection.Call(&Connection::Deployments::Rollback, request, state);
  if (!status.ok()) return session.Fail(status, request.request_id());
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
  session.console.Write(absl::StrCat(
      "deployment ", id, ": ", Printable(state.service()),
      IsTerminal(state.status()) ? absl::StrCat(" is taken back, now ", Word(state.status()))
                                 : " is being taken back",
      "\n`sluice watch ", id, "` follows it.\n"));
  return ExitCode::kDone;
}

}  // namespace sluice::client
