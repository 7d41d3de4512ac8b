// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Target-based: growing shares of the targets, with a success threshold and a wait after each.

#ifndef SLUICE_STRATEGY_TARGET_CANARY_DEPLOYMENT_H_
#define SLUICE_STRATEGY_TARGET_CANARY_DEPLOYMENT_H_

#include <string>

#include "sluice/v1/strategy.pb.h"
#include "strategy/target/deployment_strategy.h"

namespace sluice {

class CanaryDeployment final : public DeploymentStrategy {
 public:
  explicit CanaryDeployment(const v1::CanaryDeployment& options = {}, PlanRunner* runner = nullptr,
                            HealthCheckFn health_check = nullptr);

  std::string Name() const override { return "canary"; }
  v1::Plan PlanDeploy(const Targets& targets, const std::string& version) const override;
  // RollingDeployment(batch_size=5), without health checks: the specification.
  v1::Plan PlanRollback(const Targets& targets, const std::string& previous_version) const override;

 private:
  const v1::CanaryDeployment options_;
};

}  // namespace sluice

#endif  // SLUICE_STRATEGY_TARGET_CANARY_DEPLOYMENT_H_
