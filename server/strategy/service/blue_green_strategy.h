// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Service-based: one switch of the traffic from the blue slot to the green one.

#ifndef SLUICE_STRATEGY_SERVICE_BLUE_GREEN_STRATEGY_H_
#define SLUICE_STRATEGY_SERVICE_BLUE_GREEN_STRATEGY_H_

#include <string>

#include "sluice/v1/strategy.pb.h"
#include "strategy/service/service_strategy.h"

namespace sluice {

class BlueGreenStrategy final : public ServiceStrategy {
 public:
  explicit BlueGreenStrategy(const v1::BlueGreenStrategy& options = {},
                             PlanRunner* runner = nullptr);

  std::string Name() const override { return "blue_green"; }
  v1::Plan PlanExecute(const std::string& service, const std::string& version) const override;
  v1::Plan PlanRollback(const v1::DeploymentState& state) const override;

 private:
  const v1::BlueGreenStrategy options_;
};

}  // namespace sluice

#endif  // SLUICE_STRATEGY_SERVICE_BLUE_GREEN_STRATEGY_H_
