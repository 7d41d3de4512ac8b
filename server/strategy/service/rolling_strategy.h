// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Service-based: traffic in equal steps of 100/batch_count percent, with a pause after each.

#ifndef SLUICE_STRATEGY_SERVICE_ROLLING_STRATEGY_H_
#define SLUICE_STRATEGY_SERVICE_ROLLING_STRATEGY_H_

#include <string>

#include "sluice/v1/strategy.pb.h"
#include "strategy/service/service_strategy.h"

namespace sluice {

class RollingStrategy final : public ServiceStrategy {
 public:
  explicit RollingStrategy(const v1::RollingStrategy& options = {}, PlanRunner* runner = nullptr);

  std::string Name() const override { return "rolling"; }
  v1::Plan PlanExecute(const std::string& service, const std::string& version) const override;
  v1::Plan PlanRollback(const v1::DeploymentState& state) const override;

 private:
  const v1::RollingStrategy options_;
};

}  // namespace sluice

#endif  // SLUICE_STRATEGY_SERVICE_ROLLING_STRATEGY_H_
