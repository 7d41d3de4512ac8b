// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Port: moves traffic, switches slots, sets flags. Implemented by drivers/router, called by the
// engine from a deployment's worker thread.

#ifndef SLUICE_PORTS_TRAFFIC_ROUTER_H_
#define SLUICE_PORTS_TRAFFIC_ROUTER_H_

#include <stop_token>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace sluice {

struct RouteCall {
  std::string service;
  std::string version;  // whose share is set; of a switch: that gets it all
  std::string deployment_id;
  int64_t epoch = 0;  // as TargetCall's
};

// Thread-safe. Blocks as Deployer does. Every call sets an absolute state, so it can be repeated.
class TrafficRouter {
 public:
  virtual ~TrafficRouter() = default;

  // Sends `percentage` (0 to 100) of the traffic to call.version.
  virtual absl::Status SetTraffic(const RouteCall& call, double percentage,
                                  std::stop_token stop) = 0;
  // Sends all traffic to call.version, in `slot` ("blue" or "green").
  virtual absl::Status Switch(const RouteCall& call, const std::string& slot,
                              std::stop_token stop) = 0;
  // Shows `flag` to `percentage` (0 to 100) of the users.
  virtual absl::Status SetFlag(const RouteCall& call, const std::string& flag, double percentage,
                               std::stop_token stop) = 0;

  // The longest that a call can take: zero when it blocks for nothing, infinite when nothing bounds
  // it.
  virtual absl::Duration MaxDuration() const { return absl::InfiniteDuration(); }
};

}  // namespace sluice

#endif  // SLUICE_PORTS_TRAFFIC_ROUTER_H_
