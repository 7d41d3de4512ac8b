// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// How much of a service a deployment has on its version. The record's own percentage is 100 once it
// has completed, also where a canary's stages end below that or failures were tolerated; the
// targets tell what is true. Used by every view. Pure.

#ifndef SLUICE_CLIENT_VIEW_SHARE_H_
#define SLUICE_CLIENT_VIEW_SHARE_H_

#include <string>

#include "sluice/v1/deployment.pb.h"

namespace sluice::client {

bool MovesTraffic(const v1::Plan& plan);

// In percent: of the targets, or of the traffic where that moves.
double ShareOnVersion(const v1::DeploymentState& state);

// "8 of 10 targets", or "30%" of the traffic.
std::string ShareText(const v1::DeploymentState& state);

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_VIEW_SHARE_H_
