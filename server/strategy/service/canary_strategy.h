// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Service-based: traffic starts small and grows by a fixed step, then completes.

#ifndef SLUICE_STRATEGY_SERVICE_CANARY_STRATEGY_H_
#define SLUICE_STRATEGY_SERVICE_CANARY_STRATEGY_H_

#include <string>

#include "sluice/v1/strategy.pb.h"
#include "strategy/service/service_strategy.h"

namespace sluice {

class CanaryStrategy final : public ServiceStrategy {
 public:
  explicit CanaryStrategy(const v1::CanaryStrategy& options = {}, PlanRunner* runner = nullptr);

  std::string Name() const override { return "canary"; }
  v1::Plan PlanExecute(const std::string& service, const std::string& version) const override;
  v1::Plan PlanRollback(const v1::DeploymentState& state) const override;

 private:
  const v1::CanaryStrategy options_;
};

}  // namespace sluice

#endif  // SLUICE_STRATEGY_SERVICE_CANARY_STRATEGY_H_
