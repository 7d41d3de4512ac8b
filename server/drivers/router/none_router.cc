// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/router/none_router.h"

namespace sluice {
namespace {

absl::Status UnlessStopped(const std::stop_token& stop) {
  return stop.stop_requested() ? absl::CancelledError("the route change was cancelled")
                               : absl::OkStatus();
}

}  // namespace

absl::Status NoneRouter::SetTraffic(const RouteCall& /*call*/, double /*percentage*/,
                                    std::stop_token stop) {
  return UnlessStopped(stop);
}

absl::Status NoneRouter::Switch(const RouteCall& /*call*/, const std::string& /*slot*/,
                                std::stop_token stop) {
  return UnlessStopped(stop);
}

absl::Status NoneRouter::SetFlag(const RouteCall& /*call*/, const std::string& /*flag*/,
                                 double /*percentage*/, std::stop_token stop) {
  return UnlessStopped(stop);
}

}  // namespace sluice
