// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "client/view/elapsed.h"

#include <optional>

#include "base/timestamp.h"
#include "client/durations.h"

namespace sluice::client {
namespace {

// Not the way back from a failure, which belongs to it.
bool IsRollbackOfItsOwn(const v1::DeploymentState& state) {
  return state.phase() == v1::PHASE_ROLLING_BACK &&
         (state.reason() == v1::REASON_ROLLBACK_REQUESTED || state.result().success());
}

std::optional<absl::Time> BeginOf(const v1::DeploymentState& state) {
  if (!IsRollbackOfItsOwn(state)) {
    if (!state.has_start_time()) return std::nullopt;
    return FromTimestamp(state.start_time());
  }
  // No field has it, but the first step of the plan back.
  for (const v1::Step& step : state.plan().steps()) {
    if (step.has_start_time()) return FromTimestamp(step.start_time());
  }
  return std::nullopt;
}

}  // namespace

std::string ElapsedText(const v1::DeploymentState& state, absl::Time now) {
  const std::optional<absl::Time> begin = BeginOf(state);
  if (!begin.has_value()) return "";
  return ShortDuration((state.has_end_time() ? FromTimestamp(state.end_time()) : now) - *begin);
}

}  // namespace sluice::client
