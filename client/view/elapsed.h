// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// How long a deployment takes, for people. Used by every view. Pure.

#ifndef SLUICE_CLIENT_VIEW_ELAPSED_H_
#define SLUICE_CLIENT_VIEW_ELAPSED_H_

#include <string>

#include "absl/time/time.h"
#include "sluice/v1/deployment.pb.h"

namespace sluice::client {

// How long it has run at `now`, or ran; empty before its start. Of a rollback that was asked for,
// or of one that had completed, how long that takes: it may have been deployed days before.
std::string ElapsedText(const v1::DeploymentState& state, absl::Time now);

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_VIEW_ELAPSED_H_
