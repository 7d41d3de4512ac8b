// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// From the name or the options of a strategy to the strategy: the one table of all seven.

#ifndef SLUICE_STRATEGY_CREATE_STRATEGY_H_
#define SLUICE_STRATEGY_CREATE_STRATEGY_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "sluice/v1/strategy.pb.h"
#include "strategy/service/service_strategy.h"
#include "strategy/target/deployment_strategy.h"

namespace sluice {

// What the target-based strategies may take; each uses its part.
struct DeploymentStrategyOptions {
  v1::RollingDeployment rolling;
  v1::BlueGreenDeployment blue_green;
  v1::CanaryDeployment canary;
  Callbacks callbacks;
  PlanRunner* runner = nullptr;
};

// `type` is "rolling", "blue_green" or "canary"; anything else is INVALID_ARGUMENT that names
// these.
absl::StatusOr<std::unique_ptr<DeploymentStrategy>> CreateStrategy(
    const std::string& type, const DeploymentStrategyOptions& options = {});

bool IsTargetBased(const v1::Strategy& strategy);

// "rolling", "canary", "blue_green" or "feature_flag".
std::string StrategyName(const v1::Strategy& strategy);

// The strategy that makes plans by these options. `strategy` must be of that family.
std::unique_ptr<DeploymentStrategy> TargetPlanner(const v1::Strategy& strategy);
std::unique_ptr<ServiceStrategy> ServicePlanner(const v1::Strategy& strategy);

}  // namespace sluice

#endif  // SLUICE_STRATEGY_CREATE_STRATEGY_H_
