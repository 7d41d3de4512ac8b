// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// How the run of a plan ended. Shared by the runner, what it recalls and the orchestrator.

#ifndef SLUICE_ENGINE_RUN_OUTCOME_H_
#define SLUICE_ENGINE_RUN_OUTCOME_H_

#include <string>

#include "engine/control.h"
#include "sluice/v1/deployment.pb.h"

namespace sluice {

// All at their defaults: well.
struct RunOutcome {
  v1::Reason reason = v1::REASON_UNSPECIFIED;
  std::string message;
  Interrupt interrupt = Interrupt::kNone;

  bool ok() const { return reason == v1::REASON_UNSPECIFIED && interrupt == Interrupt::kNone; }
};

}  // namespace sluice

#endif  // SLUICE_ENGINE_RUN_OUTCOME_H_
