// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The strategies as the command line names them, and their parameters as flags. A parameter's flag
// is its name in sluice/v1/strategy.proto: the contract's own descriptors decide which strategy
// takes which flag. Used by the command line and by the building of requests. Pure.

#ifndef SLUICE_CLIENT_STRATEGY_FLAGS_H_
#define SLUICE_CLIENT_STRATEGY_FLAGS_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "sluice/v1/strategy.pb.h"

namespace sluice::client {

struct StrategyFlag {
  std::string field;  // "delay_seconds"
  std::string flags;  // "--delay,--delay-seconds"
  std::string help;
  bool is_switch = false;
};

// All flags of all strategies, each once.
const std::vector<StrategyFlag>& StrategyFlags();

// The names that --strategy takes, target-based ones first.
std::vector<std::string> StrategyNames();

// The name of the strategy that is set; empty when none is.
std::string StrategyNameOf(const v1::Strategy& strategy);

// Sets `parameters` (field name, text) in `strategy`, whose other parameters stay when it is the
// one of that name already (also with dashes, or as in the contract: rolling_deployment). The error
// names the flag and what the strategy takes instead.
absl::Status BuildStrategy(const std::string& name,
                           const std::vector<std::pair<std::string, std::string>>& parameters,
                           v1::Strategy& strategy);

// The names of the strategies that take all these parameters.
std::vector<std::string> StrategiesTaking(
    const std::vector<std::pair<std::string, std::string>>& parameters);

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_STRATEGY_FLAGS_H_
