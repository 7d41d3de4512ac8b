// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Service-based: a flag is set to a share of the users and stays there.

#ifndef SLUICE_STRATEGY_SERVICE_FEATURE_FLAG_STRATEGY_H_
#define SLUICE_STRATEGY_SERVICE_FEATURE_FLAG_STRATEGY_H_

#include <string>

#include "sluice/v1/strategy.pb.h"
#include "strategy/service/service_strategy.h"

namespace sluice {

class FeatureFlagStrategy final : public ServiceStrategy {
 public:
  explicit FeatureFlagStrategy(const v1::FeatureFlagStrategy& options = {},
                               PlanRunner* runner = nullptr);

  std::string Name() const override { return "feature_flag"; }
  v1::Plan PlanExecute(const std::string& service, const std::string& version) const override;
  v1::Plan PlanRollback(const v1::DeploymentState& state) const override;

 private:
  const v1::FeatureFlagStrategy options_;
};

}  // namespace sluice

#endif  // SLUICE_STRATEGY_SERVICE_FEATURE_FLAG_STRATEGY_H_
