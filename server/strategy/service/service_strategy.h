// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Service-based strategies: they move the traffic of a service, or a flag, to a version. A subclass
// only plans; Execute and Rollback, once for all of them, have the plan run. Immutable after
// construction, so thread-safe. They catch nothing: DeploymentManager does.

#ifndef SLUICE_STRATEGY_SERVICE_SERVICE_STRATEGY_H_
#define SLUICE_STRATEGY_SERVICE_SERVICE_STRATEGY_H_

#include <string>

#include "sluice/v1/deployment.pb.h"
#include "sluice/v1/plan.pb.h"
#include "strategy/callbacks.h"

namespace sluice {

class ServiceStrategy {
 public:
  virtual ~ServiceStrategy() = default;

  // "rolling", "canary", "blue_green" or "feature_flag".
  virtual std::string Name() const = 0;
  virtual v1::Plan PlanExecute(const std::string& service, const std::string& version) const = 0;
  // The way back from `state`, which this strategy's Execute made.
  virtual v1::Plan PlanRollback(const v1::DeploymentState& state) const = 0;

  // Brings `service` to `version` in the calling thread, and blocks as long as the plan takes.
  v1::DeploymentState Execute(const std::string& service, const std::string& version) const;
  v1::DeploymentState Rollback(const v1::DeploymentState& state) const;

 protected:
  // `runner` must outlive the strategy. May be null for one that is only asked for plans.
  explicit ServiceStrategy(PlanRunner* runner) : runner_(runner) {}

 private:
  PlanRunner* const runner_;
};

}  // namespace sluice

#endif  // SLUICE_STRATEGY_SERVICE_SERVICE_STRATEGY_H_
