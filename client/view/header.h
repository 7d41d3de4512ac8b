// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The upper part of a deployment's page: aligned "Key: value" lines and the progress bar. Lines
// that say nothing are left out. Pure.

#ifndef SLUICE_CLIENT_VIEW_HEADER_H_
#define SLUICE_CLIENT_VIEW_HEADER_H_

#include <vector>

#include "client/line.h"
#include "client/view/deployment_view.h"
#include "sluice/v1/deployment.pb.h"

namespace sluice::client {

std::vector<Line> RenderHeader(const v1::DeploymentState& state, const ViewOptions& options);

// "3/8": the present step, counted from one.
std::string StepCounter(const v1::DeploymentState& state);

// What --strategy takes for it; the record's own word is the same for two of them. Of a newer
// daemon's strategy the record's word.
std::string StrategyText(const v1::DeploymentState& state);

// What ran before, "40, 41" where targets differ; empty when nothing is known of it.
std::string VersionBefore(const v1::DeploymentState& state);

// The same of the targets that were touched: what a rollback brings back.
std::string VersionOnWayBack(const v1::DeploymentState& state);

// "1/3 updated, 1 failed"; empty when no target has got so far.
Line TouchedTargets(const v1::DeploymentState& state);

// What the record says beyond its reason; may be empty.
std::string MessageText(const v1::DeploymentState& state);

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_VIEW_HEADER_H_
