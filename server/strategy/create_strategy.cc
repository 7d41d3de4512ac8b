// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "strategy/create_strategy.h"

#include "absl/strings/str_cat.h"
#include "base/violations.h"
#include "strategy/service/blue_green_strategy.h"
#include "strategy/service/canary_strategy.h"
#include "strategy/service/feature_flag_strategy.h"
#include "strategy/service/rolling_strategy.h"
#include "strategy/target/blue_green_deployment.h"
#include "strategy/target/canary_deployment.h"
#include "strategy/target/rolling_deployment.h"

namespace sluice {

absl::StatusOr<std::unique_ptr<DeploymentStrategy>> CreateStrategy(
    const std::string& type, const DeploymentStrategyOptions& options) {
  const Callbacks& callbacks = options.callbacks;
  if (type == "rolling") {
    return std::make_unique<RollingDeployment>(options.rolling, options.runner,
                                               callbacks.health_check);
  }
  if (type == "blue_green") {
    return std::make_unique<BlueGreenDeployment>(options.blue_green, options.runner,
                                                 callbacks.switch_traffic, callbacks.health_check);
  }
  if (type == "canary") {
    return std::make_unique<CanaryDeployment>(options.canary, options.runner,
                                              callbacks.health_check);
  }
  return absl::InvalidArgumentError(absl::StrCat("unknown strategy type ", Quoted(type),
                                                 "; known are rolling, blue_green, canary"));
}

bool IsTargetBased(const v1::Strategy& strategy) {
  return strategy.has_rolling_deployment() || strategy.has_blue_green_deployment() ||
         strategy.has_canary_deployment();
}

std::string StrategyName(const v1::Strategy& strategy) {
  return IsTargetBased(strategy) ? TargetPlanner(strategy)->Name()
                                 : ServicePlanner(strategy)->Name();
}

std::unique_ptr<DeploymentStrategy> TargetPlanner(const v1::Strategy& strategy) {
  if (strategy.has_canary_deployment()) {
    return std::make_unique<CanaryDeployment>(strategy.canary_deployment());
  }
  if (strategy.has_blue_green_deployment()) {
    return std::make_unique<BlueGreenDeployment>(strategy.blue_green_deployment());
  }
  return std::make_unique<RollingDeployment>(strategy.rolling_deployment());
}

std::unique_ptr<ServiceStrategy> ServicePlanner(const v1::Strategy& strategy) {
  if (strategy.has_canary_strategy()) {
    return std::make_unique<CanaryStrategy>(strategy.canary_strategy());
  }
  if (strategy.has_blue_green_strategy()) {
    return std::make_unique<BlueGreenStrategy>(strategy.blue_green_strategy());
  }
  if (strategy.has_feature_flag_strategy()) {
    return std::make_unique<FeatureFlagStrategy>(strategy.feature_flag_strategy());
  }
  return std::make_unique<RollingStrategy>(strategy.rolling_strategy());
}

}  // namespace sluice
