// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/router_call.h"

#include <atomic>

#include "base/failpoint.h"
#include "base/thread.h"
#include "engine/port_call.h"

namespace sluice {
namespace {

RouteCall RouteOf(const RunContext& context, const std::string& version) {
  RouteCall route;
  context.record.Read([&](const v1::DeploymentState& state) {
    route = {.service = state.service(),
             .version = version,
             .deployment_id = state.id(),
             .epoch = context.epoch};
  });
  return route;
}

}  // namespace

absl::Status CallRouter(const RunContext& context, const std::string& version,
                        const RouterCall& call) {
  TrafficRouter& router = *context.ports.router;
  const RouteCall route = RouteOf(context, version);
  const std::stop_token stop = context.control.stop_token();
  const auto guarded = [&] { return CallPort([&] { return call(router, route, stop); }); };
  if (router.MaxDuration() == absl::ZeroDuration()) return guarded();
  absl::Status status;
  std::atomic<int> running{1};
  const auto body = [&] {
    SLUICE_FAILPOINT("router.before_call");
    status = guarded();
    SLUICE_FAILPOINT("router.after_call");
    context.control.EndCall(running);
  };
  // Not from the pool of the target calls, where it would wait behind those of other deployments.
  const auto thread = Thread::Start(context.clock, "router-call", body);
  if (!thread.ok()) body();  // Without a deadline, but not lost.
  context.control.Await([&](Interrupt) { return running == 0; });
  return status;
}

}  // namespace sluice
