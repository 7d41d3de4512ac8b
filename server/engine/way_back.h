// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Where a rollback takes a deployment and each of its targets. Used by the manager, the
// orchestrator and the target calls; pure.

#ifndef SLUICE_ENGINE_WAY_BACK_H_
#define SLUICE_ENGINE_WAY_BACK_H_

#include <string>

#include "absl/status/status.h"
#include "sluice/v1/deployment.pb.h"

namespace sluice {

// The version that a rollback puts on this target: the one it had, else the service's previous one.
// Empty when nobody knows.
std::string WayBackOf(const v1::DeploymentState& state, const v1::TargetState& target);

// Whether a rollback has this target to bring back: one that was touched, but for one that ran the
// version before and got it once more, and any other that is to go to a version that it does not
// run.
bool IsOnWayBack(const v1::DeploymentState& state, const v1::TargetState& target);

// The rollback goes to `to_version` instead of what ran before. FAILED_PRECONDITION when that is
// the version being deployed, or, where the way back is a change of traffic alone, not the one that
// ran before; empty changes nothing.
absl::Status SetWayBack(const std::string& to_version, v1::DeploymentState& state);

// Empty when `state` can be rolled back; else why not: nobody knows where a target was before, or
// all that were touched ran the version before.
std::string NoWayBack(const v1::DeploymentState& state);

}  // namespace sluice

#endif  // SLUICE_ENGINE_WAY_BACK_H_
