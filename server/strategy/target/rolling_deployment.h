// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Target-based: batches of targets, one after the other, with a delay between them.

#ifndef SLUICE_STRATEGY_TARGET_ROLLING_DEPLOYMENT_H_
#define SLUICE_STRATEGY_TARGET_ROLLING_DEPLOYMENT_H_

#include <string>

#include "sluice/v1/strategy.pb.h"
#include "strategy/target/deployment_strategy.h"

namespace sluice {

class RollingDeployment final : public DeploymentStrategy {
 public:
  // Options that are absent take the defaults of strategy.proto.
  explicit RollingDeployment(const v1::RollingDeployment& options = {},
                             PlanRunner* runner = nullptr, HealthCheckFn health_check = nullptr);

  std::string Name() const override { return "rolling"; }
  v1::Plan PlanDeploy(const Targets& targets, const std::string& version) const override;
  // The same mechanism with the previous version.
  v1::Plan PlanRollback(const Targets& targets, const std::string& previous_version) const override;

 private:
  const v1::RollingDeployment options_;
};

}  // namespace sluice

#endif  // SLUICE_STRATEGY_TARGET_ROLLING_DEPLOYMENT_H_
