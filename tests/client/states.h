// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Records and consoles for the client's tests.

#ifndef SLUICE_TESTS_CLIENT_STATES_H_
#define SLUICE_TESTS_CLIENT_STATES_H_

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "base/timestamp.h"
#include "client/console.h"
#include "client/line.h"
#include "sluice/v1/deployment.pb.h"

namespace sluice::client {

inline absl::Time TestTime() { return absl::FromUnixSeconds(1'800'000'000); }

// A rolling deployment of `targets` targets, `batch_size` at a time, that has just begun its first
// batch, 10 seconds before TestTime().
inline v1::DeploymentState RollingState(int targets, int batch_size) {
  v1::DeploymentState state;
  state.set_id("3f2a9c1d00000000");
  state.set_service("web");
  state.set_version("v2");
  state.set_previous_version("v1");
  state.set_strategy("rolling");
  state.set_status(v1::STATUS_IN_PROGRESS);
  state.set_phase(v1::PHASE_DEPLOYING);
  *state.mutable_start_time() = ToTimestamp(TestTime() - absl::Seconds(10));
  state.mutable_plan()->set_version("v2");
  for (int i = 0; i < targets; ++i) {
    const std::string id = absl::StrCat("web-", i + 1);
    state.add_targets()->mutable_target()->set_id(id);
    if (i % batch_size == 0) {
      v1::Step& step = *state.mutable_plan()->add_steps();
      step.set_name(absl::StrCat("batch ", i / batch_size + 1));
    }
    v1::Plan& plan = *state.mutable_plan();
    plan.mutable_steps(plan.steps_size() - 1)->mutable_deploy_targets()->add_target_ids(id);
  }
  v1::Step& first = *state.mutable_plan()->mutable_steps(0);
  first.set_status(v1::STEP_STATUS_RUNNING);
  *first.mutable_start_time() = state.start_time();
  return state;
}

inline void Fail(v1::TargetState& target, const std::string& error, const std::string& output) {
  target.set_phase(v1::TARGET_PHASE_FAILED);
  target.set_error(error);
  target.set_output(output);
}

inline std::vector<std::string> Texts(const std::vector<Line>& lines, int width = 0) {
  std::vector<std::string> texts;
  for (const Line& line : lines) texts.push_back(line.ToText(width, /*colour=*/false));
  return texts;
}

// Keeps what is written.
class FakeConsole final : public Console {
 public:
  using Console::Write;
  void Write(const std::string& text) override { output += text; }
  void WriteError(const std::string& text) override { errors += text; }
  bool closed() const override { return is_closed; }
  bool live() const override { return is_live; }
  bool colour() const override { return false; }
  Size size() const override { return terminal; }

  std::string output;
  std::string errors;
  bool is_closed = false;
  bool is_live = false;
  Size terminal;
};

}  // namespace sluice::client

#endif  // SLUICE_TESTS_CLIENT_STATES_H_
