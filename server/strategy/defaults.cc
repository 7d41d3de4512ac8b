// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "strategy/defaults.h"

namespace sluice {

v1::RollingDeployment WithDefaults(v1::RollingDeployment options) {
  if (!options.has_batch_size()) options.set_batch_size(1);
  if (!options.has_delay_seconds()) options.set_delay_seconds(5);
  return options;
}

v1::BlueGreenDeployment WithDefaults(v1::BlueGreenDeployment options) {
  if (!options.has_max_concurrent()) options.set_max_concurrent(0);
  if (!options.has_manual_promotion()) options.set_manual_promotion(false);
  return options;
}

v1::CanaryDeployment WithDefaults(v1::CanaryDeployment options) {
  if (options.stages().empty()) {
    for (const double stage : {10, 25, 50, 100}) options.add_stages(stage);
  }
  if (!options.has_stage_duration_seconds()) options.set_stage_duration_seconds(60);
  if (!options.has_success_threshold()) options.set_success_threshold(0.95);
  if (!options.has_max_concurrent()) options.set_max_concurrent(0);
  if (!options.has_manual_promotion()) options.set_manual_promotion(false);
  return options;
}

v1::RollingStrategy WithDefaults(v1::RollingStrategy options) {
  if (!options.has_batch_size()) options.set_batch_size(1);
  if (!options.has_batch_count()) options.set_batch_count(4);
  if (!options.has_pause_seconds()) options.set_pause_seconds(0);
  return options;
}

v1::CanaryStrategy WithDefaults(v1::CanaryStrategy options) {
  if (!options.has_initial_percentage()) options.set_initial_percentage(10);
  if (!options.has_step()) options.set_step(20);
  if (!options.has_max_steps()) options.set_max_steps(5);
  if (!options.has_step_duration_seconds()) options.set_step_duration_seconds(0);
  if (!options.has_manual_promotion()) options.set_manual_promotion(false);
  return options;
}

v1::BlueGreenStrategy WithDefaults(v1::BlueGreenStrategy options) {
  if (!options.has_manual_promotion()) options.set_manual_promotion(false);
  return options;
}

v1::FeatureFlagStrategy WithDefaults(v1::FeatureFlagStrategy options) {
  if (!options.has_flag_name()) options.set_flag_name("");
  if (!options.has_initial_rollout()) options.set_initial_rollout(0);
  return options;
}

v1::Strategy WithDefaults(v1::Strategy strategy) {
  const auto fill = [](auto* options) { *options = WithDefaults(*options); };
  switch (strategy.kind_case()) {
    case v1::Strategy::kRollingDeployment:
    case v1::Strategy::KIND_NOT_SET:
      fill(strategy.mutable_rolling_deployment());
      break;
    case v1::Strategy::kBlueGreenDeployment:
      fill(strategy.mutable_blue_green_deployment());
      break;
    case v1::Strategy::kCanaryDeployment:
      fill(strategy.mutable_canary_deployment());
      break;
    case v1::Strategy::kRollingStrategy:
      fill(strategy.mutable_rolling_strategy());
      break;
    case v1::Strategy::kCanaryStrategy:
      fill(strategy.mutable_canary_strategy());
      break;
    case v1::Strategy::kBlueGreenStrategy:
      fill(strategy.mutable_blue_green_strategy());
      break;
    case v1::Strategy::kFeatureFlagStrategy:
      fill(strategy.mutable_feature_flag_strategy());
      break;
  }
  return strategy;
}

}  // namespace sluice
