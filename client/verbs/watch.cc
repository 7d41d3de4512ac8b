// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "absl/time/time.h"
#include "base/timestamp.h"
#include "client/follow.h"
#include "client/verbs/verbs.h"

namespace sluice::client {
namespace {

ExitCode WatchEverything(Session& session) {
  v1::ListStatesRequest probe;
  probe.set_page_size(1);
  v1::ListStatesResponse response;
  const grpc::Status status =
      session.connection.Call(&Connection::Deployments::ListStates, probe, response);
  if (!status.ok()) return session.Fail(status);
  const auto presenter = MakePresenter(session.console, session.output, /*single=*/false);
  presenter->BeginAfter(response.states().empty()
                            ? absl::InfinitePast()
                            : FromTimestamp(response.states(0).create_time()));
  FollowEnd end = Follow(session, {}, *presenter, {});
  // The last one that changed is not what was watched.
  end.last.Clear();
  return ReportEarlyEnd(session, end);
}

}  // namespace

ExitCode Run(const WatchOptions& options, Session& session) {
  if (options.subject.empty()) return WatchEverything(session);
  v1::DeploymentState state;
  if (const grpc::Status found = session.Find(options.subject, state); !found.ok()) {
    return session.FailAbout(options.subject, found);
  }
  return WatchToTheEnd(session, state);
}

}  // namespace sluice::client
