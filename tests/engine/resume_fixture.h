// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The whole engine with durable records, which a crash ends and the next start goes on from. For
// the test's thread.

#ifndef SLUICE_TESTS_ENGINE_RESUME_FIXTURE_H_
#define SLUICE_TESTS_ENGINE_RESUME_FIXTURE_H_

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/engine_fixture.h"

namespace sluice {

class ResumeTest : public EngineTest {
 protected:
  void Restart() {
    Crash();
    StartDurable();
  }

  void AwaitStopRequest(const std::string& id, v1::Reason reason) {
    Await(id, [=](const v1::DeploymentState& state) { return state.stop_requested() == reason; });
  }

  void AwaitWait(const std::string& id) {
    Await(id, [](const v1::DeploymentState& state) {
      return state.current_step() < state.plan().steps_size() &&
             state.plan().steps(state.current_step()).has_wait_until();
    });
  }

  // The deploy calls of the new version that had an effect. Not those back: a target that is back
  // already may be told so by its probe.
  std::vector<std::string> Effects() const {
    std::vector<std::string> effects;
    for (const WorldCall& call : world_->calls(CallKind::kDeploy)) {
      const bool has_effect = call.end != absl::InfiniteDuration() && call.status.ok();
      if (has_effect && call.version == "2.0") {
        effects.push_back(absl::StrCat(call.subject, "=", call.version));
      }
    }
    return effects;
  }
};

}  // namespace sluice

#endif  // SLUICE_TESTS_ENGINE_RESUME_FIXTURE_H_
