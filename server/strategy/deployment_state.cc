// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "strategy/deployment_state.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/strip.h"
#include "base/timestamp.h"

namespace sluice {
namespace {

void End(v1::DeploymentState& state, v1::Status status, absl::Time now) {
  state.set_status(status);
  state.set_pausing(false);
  *state.mutable_end_time() = ToTimestamp(now);
  state.mutable_result()->set_state(status);
  state.clear_time_base();
}

bool EndsInFlag(const v1::Plan& plan) {
  return plan.steps_size() > 0 && plan.steps(plan.steps_size() - 1).has_set_flag();
}

}  // namespace

void Complete(v1::DeploymentState& state, absl::Time now) {
  End(state, v1::STATUS_COMPLETED, now);
  state.mutable_result()->set_success(true);
  if (!EndsInFlag(state.plan())) state.set_traffic_percentage(100);
}

void Fail(v1::DeploymentState& state, v1::Reason reason, const std::string& message,
          absl::Time now) {
  End(state, v1::STATUS_FAILED, now);
  state.mutable_result()->set_success(false);
  state.set_reason(reason);
  state.set_message(message);
}

void FinishRollback(v1::DeploymentState& state, absl::Time now) {
  End(state, v1::STATUS_ROLLED_BACK, now);
}

bool IsTerminal(v1::Status status) {
  return status == v1::STATUS_COMPLETED || status == v1::STATUS_FAILED ||
         status == v1::STATUS_ROLLED_BACK;
}

std::string StatusName(v1::Status status) {
  const std::string name = v1::Status_Name(status);
  return absl::AsciiStrToLower(absl::StripPrefix(name, "STATUS_"));
}

int StepNumber(const v1::DeploymentState& state) {
  return std::min(state.current_step() + 1, state.plan().steps_size());
}

}  // namespace sluice
