// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Strategies at random, for the schedule test. Pure but for the generator.

#ifndef SLUICE_TESTS_ENGINE_RANDOM_STRATEGY_H_
#define SLUICE_TESTS_ENGINE_RANDOM_STRATEGY_H_

#include <random>

#include "sluice/v1/strategy.pb.h"

namespace sluice {

// 0 to count - 1.
int Pick(int count, std::mt19937_64& random);

// Sets one of the strategies, with options. Returns how many targets it may call at once.
int PickStrategy(std::mt19937_64& random, v1::Strategy& strategy);

}  // namespace sluice

#endif  // SLUICE_TESTS_ENGINE_RANDOM_STRATEGY_H_
