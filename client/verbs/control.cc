// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "absl/strings/str_cat.h"
#include "client/text.h"
#include "client/verbs/verbs.h"
#include "client/words.h"

namespace sluice::client {
namespace {

template <typename Request>
Request MakeRequest(const ControlOptions& options, const v1::DeploymentState& found) {
  Request request;
  request.set_deployment_id(found.id());
  request.set_reason(options.reason);
  return request;
}

// `state` is the deployment that is meant, and then what became of it.
grpc::Status Send(const ControlOptions& options, Connection& connection,
                  v1::DeploymentState& state) {
  using Deployments = Connection::Deployments;
  switch (options.action) {
    case ControlAction::kPause:
      return connection.Call(&Deployments::Pause, MakeRequest<v1::PauseRequest>(options, state),
                             state);
    case ControlAction::kResume:
      return connection.Call(&Deployments::Resume, MakeRequest<v1::ResumeRequest>(options, state),
                             state);
    case ControlAction::kPromote: {
      auto request = MakeRequest<v1::PromoteRequest>(options, state);
      request.set_full(options.full);
      return connection.Call(&Deployments::Promote, request, state);
    }
    case ControlAction::kAbort:
      return connection.Call(&Deployments::Abort, MakeRequest<v1::AbortRequest>(options, state),
                             state);
  }
  return grpc::Status::CANCELLED;
}

// Of one that goes on nothing: it may be another moment later.
std::string NowText(v1::Status status) {
  return IsTerminal(status) ? absl::StrCat(", now ", Word(status)) : "";
}

const char* Done(const ControlOptions& options, const v1::DeploymentState& state) {
  switch (options.action) {
    case ControlAction::kPause:
      return state.pausing() ? "pauses when the calls that had begun are finished" : "paused";
    case ControlAction::kResume:
      return "resumed";
    case ControlAction::kPromote:
      return options.full ? "promoted past all waits" : "promoted";
    case ControlAction::kAbort:
      return IsTerminal(state.status()) ? "aborted"
                                        : "is being aborted; things are left as they are";
  }
  return "";
}

}  // namespace

ExitCode Run(const ControlOptions& options, Session& session) {
  v1::DeploymentState state;
  if (const grpc::Status found = session.Find(options.subject, state); !found.ok()) {
    return session.FailAbout(options.subject, found);
  }
  const grpc::Status status = Send(options, session.connection, state);
  if (!status.ok()) return session.Fail(status);
  if (session.structured()) {
    session.PrintState(state);
  } else {
    const std::string done = Done(options, state);
    session.console.Write(absl::StrCat("deployment ", ShortId(state.id()), " (",
                                       Printable(state.service()), " ", Printable(state.version()),
                                       ") ", done, NowText(state.status()), "\n"));
  }
  return ExitCode::kDone;
}

}  // namespace sluice::client
