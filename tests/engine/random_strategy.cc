// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/random_strategy.h"

#include <algorithm>

namespace sluice {
namespace {

constexpr int kRollbackBatch = 5;

int PickCanary(int at_once, std::mt19937_64& random, v1::CanaryDeployment& canary) {
  for (const double stage : {20, 60, 100}) canary.add_stages(stage);
  canary.set_success_threshold(1);
  canary.set_max_concurrent(at_once);
  canary.set_stage_duration_seconds(Pick(10, random));
  canary.set_manual_promotion(Pick(2, random) == 0);
  return std::max(at_once, kRollbackBatch);
}

int PickBlueGreen(int at_once, std::mt19937_64& random, v1::BlueGreenDeployment& blue_green) {
  blue_green.set_max_concurrent(at_once);
  blue_green.set_manual_promotion(Pick(2, random) == 0);
  return at_once;
}

int PickRolling(int at_once, std::mt19937_64& random, v1::RollingDeployment& rolling) {
  rolling.set_batch_size(at_once);
  rolling.set_delay_seconds(Pick(10, random));
  return at_once;
}

void Fill(std::mt19937_64& random, v1::RollingStrategy& rolling) {
  rolling.set_batch_count(1 + Pick(4, random));
  rolling.set_pause_seconds(Pick(10, random));
}

void Fill(std::mt19937_64& random, v1::CanaryStrategy& canary) {
  canary.set_initial_percentage(Pick(4, random) * 12.5);
  canary.set_step(1 + Pick(50, random));
  canary.set_max_steps(1 + Pick(4, random));
  canary.set_step_duration_seconds(Pick(10, random));
  canary.set_manual_promotion(Pick(2, random) == 0);
}

void Fill(std::mt19937_64& random, v1::BlueGreenStrategy& blue_green) {
  blue_green.set_manual_promotion(Pick(2, random) == 0);
}

void Fill(std::mt19937_64& random, v1::FeatureFlagStrategy& flag) {
  if (Pick(2, random) == 0) flag.set_flag_name("beta");
  flag.set_initial_rollout(Pick(3, random) * 50);
}

// Each calls no target at all.
void PickServiceBased(std::mt19937_64& random, v1::Strategy& strategy) {
  switch (Pick(4, random)) {
    case 0:
      return Fill(random, *strategy.mutable_rolling_strategy());
    case 1:
      return Fill(random, *strategy.mutable_canary_strategy());
    case 2:
      return Fill(random, *strategy.mutable_blue_green_strategy());
    default:
      return Fill(random, *strategy.mutable_feature_flag_strategy());
  }
}

int PickTargetBased(std::mt19937_64& random, v1::Strategy& strategy) {
  const int at_once = 1 + Pick(3, random);
  switch (Pick(4, random)) {
    case 0:
      return PickCanary(at_once, random, *strategy.mutable_canary_deployment());
    case 1:
      return PickBlueGreen(at_once, random, *strategy.mutable_blue_green_deployment());
    default:
      return PickRolling(at_once, random, *strategy.mutable_rolling_deployment());
  }
}

}  // namespace

int Pick(int count, std::mt19937_64& random) {
  return std::uniform_int_distribution<int>(0, count - 1)(random);
}

int PickStrategy(std::mt19937_64& random, v1::Strategy& strategy) {
  if (Pick(3, random) > 0) return PickTargetBased(random, strategy);
  PickServiceBased(random, strategy);
  return 0;
}

}  // namespace sluice
