// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Router for services whose traffic nobody moves: does nothing, successfully. Thread-safe, no
// state.

#ifndef SLUICE_DRIVERS_ROUTER_NONE_ROUTER_H_
#define SLUICE_DRIVERS_ROUTER_NONE_ROUTER_H_

#include <stop_token>
#include <string>

#include "ports/traffic_router.h"

namespace sluice {

class NoneRouter final : public TrafficRouter {
 public:
  absl::Status SetTraffic(const RouteCall& call, double percentage, std::stop_token stop) override;
  absl::Status Switch(const RouteCall& call, const std::string& slot,
                      std::stop_token stop) override;
  absl::Status SetFlag(const RouteCall& call, const std::string& flag, double percentage,
                       std::stop_token stop) override;
  absl::Duration MaxDuration() const override { return absl::ZeroDuration(); }
};

}  // namespace sluice

#endif  // SLUICE_DRIVERS_ROUTER_NONE_ROUTER_H_
