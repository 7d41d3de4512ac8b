// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Runs the plans of strategies that are used as a library: in the calling thread, one target after
// the other, through the user's callbacks.

#ifndef SLUICE_ENGINE_INLINE_RUNNER_H_
#define SLUICE_ENGINE_INLINE_RUNNER_H_

#include <functional>

#include "base/clock.h"
#include "strategy/callbacks.h"

namespace sluice {

// Thread-safe.
class InlineRunner final : public PlanRunner {
 public:
  using Observer = std::function<void(const v1::DeploymentState&)>;

  // `observer`, if any, sees the state after each change, in the calling thread.
  explicit InlineRunner(Clock& clock, Observer observer = nullptr);

  v1::DeploymentState Run(v1::DeploymentState state, const Callbacks& callbacks) override;

 private:
  Clock& clock_;
  const Observer observer_;
};

}  // namespace sluice

#endif  // SLUICE_ENGINE_INLINE_RUNNER_H_
