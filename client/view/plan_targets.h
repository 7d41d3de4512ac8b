// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Which of a deployment's targets each step of its plan concerns: said by the record for those that
// a step has touched, by the plan for explicit batches, and worked out as the daemon will for
// percentage stages. Used by the views. Pure.

#ifndef SLUICE_CLIENT_VIEW_PLAN_TARGETS_H_
#define SLUICE_CLIENT_VIEW_PLAN_TARGETS_H_

#include <vector>

#include "sluice/v1/deployment.pb.h"

namespace sluice::client {

// One entry a step: the indexes into state.targets, in the record's order. A target is in one step
// only: the one that touched it last, else the last that names it and has begun, else the first
// that names it. A percentage stage names those that do not run the plan's version yet.
std::vector<std::vector<int>> TargetsOfSteps(const v1::DeploymentState& state);

// Indexes of targets that no step names.
std::vector<int> TargetsOfNoStep(const v1::DeploymentState& state,
                                 const std::vector<std::vector<int>>& of_steps);

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_VIEW_PLAN_TARGETS_H_
