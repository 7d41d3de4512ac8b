// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/wait_record.h"

#include <algorithm>

#include "base/timestamp.h"

namespace sluice {
namespace {

// Null when the present step is none that waits.
v1::Step* WaitingStep(v1::DeploymentState& state) {
  if (state.current_step() >= state.plan().steps_size()) return nullptr;
  v1::Step* step = state.mutable_plan()->mutable_steps(state.current_step());
  return step->has_wait_until() || step->has_wait_left() ? step : nullptr;
}

}  // namespace

void FreezeWait(v1::DeploymentState& state, absl::Time now) {
  v1::Step* step = WaitingStep(state);
  if (step == nullptr || step->has_wait_left()) return;
  *step->mutable_wait_left() = ToProtoDuration(WaitLeft(*step, now));
  step->clear_wait_until();
}

void ThawWait(v1::DeploymentState& state, absl::Time now) {
  v1::Step* step = WaitingStep(state);
  if (step == nullptr || !step->has_wait_left()) return;
  *step->mutable_wait_until() = ToTimestamp(now + FromProtoDuration(step->wait_left()));
  step->clear_wait_left();
}

void EndWait(v1::DeploymentState& state, absl::Time now) {
  v1::Step* step = WaitingStep(state);
  if (step == nullptr) return;
  step->clear_wait_left();
  *step->mutable_wait_until() = ToTimestamp(now);
}

absl::Duration WaitLeft(const v1::Step& step, absl::Time now) {
  const absl::Duration planned = FromProtoDuration(step.wait().duration());
  if (step.has_wait_left()) return std::min(FromProtoDuration(step.wait_left()), planned);
  if (!step.has_wait_until()) return planned;
  const absl::Duration left = FromTimestamp(step.wait_until()) - now;
  return std::clamp(left, absl::ZeroDuration(), planned);
}

}  // namespace sluice
