// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// How a DeploymentState ends. Used by the engine and by the strategy classes; pure.

#ifndef SLUICE_STRATEGY_DEPLOYMENT_STATE_H_
#define SLUICE_STRATEGY_DEPLOYMENT_STATE_H_

#include <string>

#include "absl/time/time.h"
#include "sluice/v1/deployment.pb.h"

namespace sluice {

// COMPLETED, with all the traffic, or after a plan that ends in a flag with the flag's share.
void Complete(v1::DeploymentState& state, absl::Time now);

// FAILED, with the reason and a message for people.
void Fail(v1::DeploymentState& state, v1::Reason reason, const std::string& message,
          absl::Time now);

// ROLLED_BACK. The traffic stays where the rollback plan put it.
void FinishRollback(v1::DeploymentState& state, absl::Time now);

bool IsTerminal(v1::Status status);

// "in_progress" for STATUS_IN_PROGRESS, and so on.
std::string StatusName(v1::Status status);

// The present step as people count, from 1 to the number of steps; 0 without any.
int StepNumber(const v1::DeploymentState& state);

}  // namespace sluice

#endif  // SLUICE_STRATEGY_DEPLOYMENT_STATE_H_
