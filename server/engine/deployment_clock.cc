// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/deployment_clock.h"

#include <algorithm>
#include <string>

#include "base/timestamp.h"

namespace sluice {
namespace {

// What has a start_time and an end_time.
template <typename Message>
absl::Time LatestOf(const Message& message) {
  absl::Time latest = absl::InfinitePast();
  if (message.has_start_time()) latest = FromTimestamp(message.start_time());
  if (message.has_end_time()) latest = std::max(latest, FromTimestamp(message.end_time()));
  return latest;
}

absl::Time LatestTimeIn(const v1::DeploymentState& state) {
  absl::Time latest = LatestOf(state);
  if (state.has_create_time()) latest = std::max(latest, FromTimestamp(state.create_time()));
  for (const v1::TargetState& target : state.targets()) latest = std::max(latest, LatestOf(target));
  for (const v1::Plan* plan : {&state.plan(), &state.deploy_plan()}) {
    for (const v1::Step& step : plan->steps()) latest = std::max(latest, LatestOf(step));
  }
  return latest;
}

absl::Time ZeroOf(const Clock& clock, const v1::DeploymentState& state) {
  const std::string& boot = state.time_base().boot();
  if (!boot.empty() && boot == clock.Boot()) {
    return FromTimestamp(state.time_base().zero());
  }
  return std::max(clock.Now(), LatestTimeIn(state)) - clock.Monotonic();
}

}  // namespace

DeploymentClock::DeploymentClock(Clock& clock, const v1::DeploymentState& state)
    : clock_(clock), zero_(ZeroOf(clock, state)) {}

void DeploymentClock::RecordBase(v1::DeploymentState& state) const {
  state.mutable_time_base()->set_boot(Boot());
  *state.mutable_time_base()->mutable_zero() = ToTimestamp(zero_);
}

}  // namespace sluice
