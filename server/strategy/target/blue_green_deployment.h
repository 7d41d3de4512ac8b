// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Target-based: all targets first; only if all succeeded, one switch of the traffic.

#ifndef SLUICE_STRATEGY_TARGET_BLUE_GREEN_DEPLOYMENT_H_
#define SLUICE_STRATEGY_TARGET_BLUE_GREEN_DEPLOYMENT_H_

#include <map>
#include <string>

#include "sluice/v1/strategy.pb.h"
#include "strategy/target/deployment_strategy.h"

namespace sluice {

class BlueGreenDeployment final : public DeploymentStrategy {
 public:
  explicit BlueGreenDeployment(const v1::BlueGreenDeployment& options = {},
                               PlanRunner* runner = nullptr, SwitchFn switch_fn = nullptr,
                               HealthCheckFn health_check = nullptr);

  std::string Name() const override { return "blue_green"; }
  v1::Plan PlanDeploy(const Targets& targets, const std::string& version) const override;
  // One switch, no deploy.
  v1::Plan PlanRollback(const Targets& targets, const std::string& previous_version) const override;
  std::map<std::string, std::string> InitialMetadata() const override;

 private:
  // Always success with duration_ms 0, whatever the switch did: the specification.
  void AdjustRollbackResult(const Targets& targets, v1::DeploymentResult& result) const override;

  const v1::BlueGreenDeployment options_;
};

}  // namespace sluice

#endif  // SLUICE_STRATEGY_TARGET_BLUE_GREEN_DEPLOYMENT_H_
