// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The strategies that the fuzz target of operations deploys by: with waits, with gates, with
// neither.

#ifndef SLUICE_TESTS_FUZZ_STRATEGY_CHOICE_H_
#define SLUICE_TESTS_FUZZ_STRATEGY_CHOICE_H_

#include <cstdint>

#include "sluice/v1/strategy.pb.h"

namespace sluice {

// Not a whole number, as the clock's steps are: no other wait has such a deadline.
inline constexpr double kWaitSeconds = 60.25;

// Sets the strategy that the byte chooses. False when it is one that is refused, for every service
// or for one without targets.
inline bool SetStrategy(uint8_t choice, bool has_targets, v1::Strategy& strategy) {
  switch (choice % 8) {
    case 0:
      strategy.mutable_rolling_deployment()->set_delay_seconds(0);
      return has_targets;
    case 1:
      strategy.mutable_rolling_deployment()->set_delay_seconds(kWaitSeconds);
      return has_targets;
    case 2:
      strategy.mutable_canary_deployment()->add_stages(50);
      strategy.mutable_canary_deployment()->add_stages(100);
      strategy.mutable_canary_deployment()->set_stage_duration_seconds(kWaitSeconds);
      return has_targets;
    case 3:
      strategy.mutable_blue_green_deployment()->set_manual_promotion(true);
      return has_targets;
    case 4:
      strategy.mutable_canary_strategy()->set_manual_promotion(true);
      return true;
    case 5:
      strategy.mutable_rolling_strategy()->set_pause_seconds(kWaitSeconds);
      return true;
    case 6:
      strategy.mutable_feature_flag_strategy()->set_initial_rollout(5);
      return true;
    default:
      strategy.mutable_rolling_strategy()->set_batch_count(0);
      return false;
  }
}

}  // namespace sluice

#endif  // SLUICE_TESTS_FUZZ_STRATEGY_CHOICE_H_
