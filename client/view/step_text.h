// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// A step and a target in words. Used by the live view, the event lines and plan. Pure.

#ifndef SLUICE_CLIENT_VIEW_STEP_TEXT_H_
#define SLUICE_CLIENT_VIEW_STEP_TEXT_H_

#include <string>

#include "absl/time/time.h"
#include "client/line.h"
#include "sluice/v1/deployment.pb.h"

namespace sluice::client {

// The step's own name, else what it does: "traffic 40%".
std::string StepName(const v1::Step& step);

// What the step does: "deploy web-1, web-2", "wait 5s".
std::string StepAction(const v1::Step& step);

// How the step stands at `now`: "4s left", "4s left, paused", "waits for `sluice promote`", "took
// 2s"; may be empty.
std::string StepProgress(const v1::Step& step, absl::Time now);

// "checking health", "failed, unhealthy"; nothing for a target that was not touched.
std::string TargetWords(const v1::TargetState& target);

// Why a target fails; empty when it does not, or when nobody said.
std::string TargetError(const v1::TargetState& target);

// The last thing that a failing target printed beside its error; of one that was brought back, what
// it had printed before. Empty when there was no failure.
std::string TargetComplaint(const v1::TargetState& target);

bool IsActive(const v1::TargetState& target);
bool IsFailing(const v1::TargetState& target);

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_VIEW_STEP_TEXT_H_
