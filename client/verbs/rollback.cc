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

grpc::Status Send(const v1::RollbackRequest& request, Session& session,
                  v1::DeploymentState& state) {
  return session.connection.Call(&Connection::Deployments::Rollback, request, state);
}

// Of what may be an id or a service: asks which, where the caller may.
grpc::Status LookUpAndSend(const std::string& subject, v1::RollbackRequest& request,
                           Session& session, v1::DeploymentState& state) {
  v1::DeploymentState found;
  const grpc::Status status = session.Find(subject, found);
  if (status.ok()) {
    request.set_deployment_id(found.id());
  } else if (status.error_code() == grpc::StatusCode::PERMISSION_DENIED) {
    request.set_service(subject);
  } else {
    return status;
  }
  return Send(request, session, state);
}

// The right to roll back can be had without that to look, and a look that is refused stands in the
// audit trail: what is clear is not looked up.
grpc::Status RollBack(const std::string& subject, v1::RollbackRequest& request, Session& session,
                      v1::DeploymentState& state) {
  if (!Session::MayBeAnId(subject)) {
    request.set_service(subject);
    return Send(request, session, state);
  }
  if (Session::LooksLikeAnId(subject)) {
    request.set_deployment_id(subject);
    const grpc::Status status = Send(request, session, state);
    if (status.error_code() != grpc::StatusCode::NOT_FOUND) return status;
  }
  return LookUpAndSend(subject, request, session, state);
}

}  // namespace

ExitCode Run(const RollbackOptions& options, Session& session) {
  v1::RollbackRequest request = MakeRequest(options);
  v1::DeploymentState state;
  const grpc::Status status = RollBack(options.subject, request, session, state);
  if (!status.ok()) return session.FailAbout(options.subject, status, request.request_id());
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
