// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// What changed between two states of a deployment, one line an event: the watch for logs and pipes.
// States may be skipped; the lines tell the difference. Pure.

#ifndef SLUICE_CLIENT_VIEW_EVENTS_H_
#define SLUICE_CLIENT_VIEW_EVENTS_H_

#include <vector>

#include "absl/time/time.h"
#include "client/line.h"
#include "sluice/v1/deployment.pb.h"

namespace sluice::client {

// `before` null: the deployment is seen for the first time. What was so before is no event: of one
// that has ended there is one line, with the time of its end; of another how it stands. Each line
// begins with the time, else `now`, the short id and the service.
std::vector<Line> EventLines(const v1::DeploymentState* before, const v1::DeploymentState& after,
                             absl::Time now);

// Of one that was made during the watch and is seen for the first time: all that has happened.
std::vector<Line> WholeEventLines(const v1::DeploymentState& state, absl::Time now);

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_VIEW_EVENTS_H_
