// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Target-based strategies: they put a version on each target, in an order of their own. A subclass
// only plans; Deploy and Rollback, once for all of them, have the plan run. Immutable after
// construction, so thread-safe.

#ifndef SLUICE_STRATEGY_TARGET_DEPLOYMENT_STRATEGY_H_
#define SLUICE_STRATEGY_TARGET_DEPLOYMENT_STRATEGY_H_

#include <map>
#include <string>
#include <vector>

#include "sluice/v1/deployment.pb.h"
#include "sluice/v1/plan.pb.h"
#include "strategy/callbacks.h"

namespace sluice {

using Targets = std::vector<v1::Target>;

class DeploymentStrategy {
 public:
  virtual ~DeploymentStrategy() = default;

  // "rolling", "blue_green" or "canary".
  virtual std::string Name() const = 0;
  virtual v1::Plan PlanDeploy(const Targets& targets, const std::string& version) const = 0;
  virtual v1::Plan PlanRollback(const Targets& targets,
                                const std::string& previous_version) const = 0;
  // What the record's metadata holds before the first step.
  virtual std::map<std::string, std::string> InitialMetadata() const { return {}; }

  // Brings `targets` to `version` in the calling thread, and blocks as long as the plan takes.
  // Each target's version is updated in place once deploy_fn succeeded for it. A callback that
  // fails or throws counts as that target's failure and goes into errors; the others go on.
  v1::DeploymentResult Deploy(Targets& targets, const std::string& version,
                              const DeployFn& deploy_fn) const;
  v1::DeploymentResult Rollback(Targets& targets, const std::string& previous_version,
                                const DeployFn& deploy_fn) const;

 protected:
  // `runner` must outlive the strategy. May be null for one that is only asked for plans.
  DeploymentStrategy(PlanRunner* runner, Callbacks callbacks);

 private:
  // What the specification asks of the result beyond what the run says.
  virtual void AdjustRollbackResult(const Targets&, v1::DeploymentResult&) const {}
  v1::DeploymentResult Run(Targets& targets, v1::DeploymentState state,
                           const DeployFn& deploy_fn) const;

  PlanRunner* const runner_;
  const Callbacks callbacks_;
};

}  // namespace sluice

#endif  // SLUICE_STRATEGY_TARGET_DEPLOYMENT_STRATEGY_H_
