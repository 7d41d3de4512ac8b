// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "strategy/service/feature_flag_strategy.h"

#include "absl/strings/str_cat.h"
#include "strategy/defaults.h"
#include "strategy/steps.h"

namespace sluice {
namespace {

std::string FlagName(const v1::FeatureFlagStrategy& options, const std::string& service,
                     const std::string& version) {
  if (!options.flag_name().empty()) return options.flag_name();
  return absl::StrCat("ff_", service, "_", version);
}

}  // namespace

FeatureFlagStrategy::FeatureFlagStrategy(const v1::FeatureFlagStrategy& options, PlanRunner* runner)
    : ServiceStrategy(runner), options_(WithDefaults(options)) {}

v1::Plan FeatureFlagStrategy::PlanExecute(const std::string& service,
                                          const std::string& version) const {
  v1::Plan plan;
  plan.set_version(version);
  AddSetFlag(plan, FlagName(options_, service, version), options_.initial_rollout());
  return plan;
}

v1::Plan FeatureFlagStrategy::PlanRollback(const v1::DeploymentState& state) const {
  v1::Plan plan;
  plan.set_version(state.previous_version());
  AddSetFlag(plan, FlagName(options_, state.service(), state.version()), 0);
  return plan;
}

}  // namespace sluice
