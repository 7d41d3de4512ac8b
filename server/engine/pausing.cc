// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/pausing.h"

#include <algorithm>

#include "strategy/steps.h"

namespace sluice {

bool HasRunningCalls(const v1::DeploymentState& state) {
  const bool has_present = state.current_step() < state.plan().steps_size();
  if (has_present && MovesTraffic(state.plan().steps(state.current_step()))) return true;
  return std::any_of(state.targets().begin(), state.targets().end(), [](const auto& target) {
    return target.phase() == v1::TARGET_PHASE_DEPLOYING ||
           target.phase() == v1::TARGET_PHASE_CHECKING_HEALTH;
  });
}

void NoteCallBegins(v1::DeploymentState& state) {
  if (state.status() == v1::STATUS_PAUSED) state.set_pausing(true);
}

void EndPausing(Record& record) {
  const auto end = [](v1::DeploymentState& state) {
    if (!state.pausing()) return absl::FailedPreconditionError("it is not pausing");
    state.set_pausing(false);
    return absl::OkStatus();
  };
  record.Update(end).IgnoreError();
}

}  // namespace sluice
