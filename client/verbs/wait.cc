// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "absl/strings/str_cat.h"
#include "client/follow.h"
#include "client/text.h"
#include "client/verbs/verbs.h"
#include "client/words.h"

namespace sluice::client {
namespace {

bool IsMet(WaitCondition condition, const v1::DeploymentState& state) {
  switch (condition) {
    case WaitCondition::kCompleted:
      return state.status() == v1::STATUS_COMPLETED;
    case WaitCondition::kPaused:
      return state.status() == v1::STATUS_PAUSED && !state.pausing();
    case WaitCondition::kTerminal:
      return IsTerminal(state.status());
  }
  return false;
}

// Of a deployment that ended without what was waited for.
ExitCode Missed(const v1::DeploymentState& state, Session& session) {
  const std::string why = state.message().empty() ? "" : ": " + Printable(state.message());
  session.console.WriteError(absl::StrCat("sluice: deployment ", ShortId(state.id()), " ended ",
                                          Word(state.status()), why, "\n`sluice state ",
                                          ShortId(state.id()), "` shows it.\n"));
  const ExitCode outcome = OutcomeOf(state);
  return outcome == ExitCode::kDone ? ExitCode::kFailed : outcome;
}

// What is there already needs no time.
FollowEnd Await(const v1::DeploymentState& known, const WaitOptions& options, Session& session) {
  FollowOptions follow;
  follow.timeout = options.timeout;
  follow.known = known;
  follow.until = [&options](const v1::DeploymentState& now) {
    return IsMet(options.condition, now) || IsTerminal(now.status());
  };
  if (follow.until(known)) return {.kind = FollowEnd::Kind::kReached, .last = known};
  v1::WatchStatesRequest request;
  request.set_deployment_id(known.id());
  return Follow(session, request, *MakeSilentPresenter(), follow);
}

}  // namespace

ExitCode Run(const WaitOptions& options, Session& session) {
  v1::DeploymentState state;
  if (const grpc::Status found = session.Find(options.subject, state); !found.ok()) {
    return session.FailAbout(options.subject, found);
  }
  const FollowEnd end = Await(state, options, session);
  if (end.kind != FollowEnd::Kind::kReached) return ReportEarlyEnd(session, end);
  if (session.structured()) session.PrintState(end.last);
  if (!IsMet(options.condition, end.last)) return Missed(end.last, session);
  if (!session.structured()) {
    session.console.Write(
        absl::StrCat("deployment ", ShortId(end.last.id()), " is ", Word(end.last.status()), "\n"));
  }
  return ExitCode::kDone;
}

}  // namespace sluice::client
