// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Follows deployments until something is reached: joins the daemon's stream, the presenter, the
// clock and the user's signals. Used by watch, wait, and deploy and rollback with --watch.

#ifndef SLUICE_CLIENT_FOLLOW_H_
#define SLUICE_CLIENT_FOLLOW_H_

#include <functional>

#include "absl/time/time.h"
#include "client/presenter.h"
#include "client/session.h"
#include "sluice/v1/deployment_service.pb.h"

namespace sluice::client {

struct FollowOptions {
  // Ends when true. Null: never.
  std::function<bool(const v1::DeploymentState&)> until;
  absl::Duration timeout = absl::InfiniteDuration();
  // What the caller has seen already: no news, and FollowEnd::last until there is some.
  v1::DeploymentState known = {};
};

struct FollowEnd {
  enum class Kind {
    kReached,
    kTimedOut,
    kSignal,  // signal_number
    kFailed,  // status
    kClosed,  // nobody reads the output any more
  };

  Kind kind = Kind::kReached;
  int signal_number = 0;
  grpc::Status status;
  v1::DeploymentState last;
};

FollowEnd Follow(Session& session, const v1::WatchStatesRequest& request, Presenter& presenter,
                 const FollowOptions& options);

// Shows one deployment until it has ended, reports how a watch ended early, and gives the exit code
// of the outcome.
ExitCode WatchToTheEnd(Session& session, const v1::DeploymentState& state);

// The exit code of a watch that did not reach its goal; tells the user how to go on.
ExitCode ReportEarlyEnd(Session& session, const FollowEnd& end);

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_FOLLOW_H_
