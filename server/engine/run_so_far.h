// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// What the record says of a run that an earlier run of the daemon began. A run that just begins
// reads the same way: there is nothing yet. Used by the runner and the target step; pure.

#ifndef SLUICE_ENGINE_RUN_SO_FAR_H_
#define SLUICE_ENGINE_RUN_SO_FAR_H_

#include <string>
#include <unordered_map>
#include <vector>

#include "engine/run_outcome.h"
#include "engine/target_step.h"
#include "sluice/v1/deployment.pb.h"

namespace sluice {

struct RunSoFar {
  // Of the last DeployTargets step that is done.
  TargetStep::Tally last_step;
  // Over all steps whose failures no check judges.
  int failed_targets = 0;
  // The first failure that the plan went past.
  RunOutcome passed_over;
  // The present step's, when it has failed and nothing has followed from that yet.
  RunOutcome failed_step;
};

RunSoFar RecallRun(const v1::DeploymentState& state);

// Where in the record each target is, by its id. That does not change while a plan runs.
using TargetIndex = std::unordered_map<std::string, int>;
TargetIndex IndexTargets(const v1::DeploymentState& state);

// How many of so many targets a percentage is: rounded down, and one at least.
int TargetsUpTo(double percentage, int targets);

// The targets, as indices, that step `index` is for: those that it has begun with and those that it
// has yet to begin with to get to its ids or percentage of `version`. With `counts_ahead` targets
// that had the version before the deployment began are part of the percentage.
std::vector<int> SelectTargets(const v1::DeploymentState& state, const TargetIndex& index_of,
                               int index, const v1::DeployTargets& step, const std::string& version,
                               bool counts_ahead);

}  // namespace sluice

#endif  // SLUICE_ENGINE_RUN_SO_FAR_H_
