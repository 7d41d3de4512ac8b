// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Makes one call to the router for a running deployment. Used by the runner, on the deployment's
// worker.

#ifndef SLUICE_ENGINE_ROUTER_CALL_H_
#define SLUICE_ENGINE_ROUTER_CALL_H_

#include <functional>
#include <stop_token>
#include <string>

#include "absl/status/status.h"
#include "engine/run_context.h"
#include "ports/traffic_router.h"

namespace sluice {

using RouterCall =
    std::function<absl::Status(TrafficRouter& router, const RouteCall& route, std::stop_token)>;

// Blocks until the call has ended, by itself, cancelled, or by the progress deadline. `version` is
// whose share it sets.
absl::Status CallRouter(const RunContext& context, const std::string& version,
                        const RouterCall& call);

}  // namespace sluice

#endif  // SLUICE_ENGINE_ROUTER_CALL_H_
