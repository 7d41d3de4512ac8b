// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Rollouts that are killed at any commit end as those that are not.

#include <algorithm>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "engine/resume_fixture.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "strategy/deployment_state.h"

namespace sluice {
namespace {

using testing::IsEmpty;

struct Scenario {
  std::string name;
  std::string request;
  std::string fails;  // this target's deployment of 2.0
  std::string runs = "1.0";
};

class KilledTest : public ResumeTest, public testing::WithParamInterface<Scenario> {
 protected:
  void Begin() {
    store_ = nullptr;
    world_ = std::make_shared<FakeWorld>(clock_);
    Configure(6);
    for (int i = 1; i <= 6; ++i) world_->SetVersion(absl::StrCat("t", i), GetParam().runs);
    if (!GetParam().fails.empty()) FailDeploy(GetParam().fails, "2.0");
    StartDurable();
  }

  // The request is repeated until it is acknowledged, as a client does.
  std::string Accept(const v1::DeployRequest& request) {
    while (true) {
      const auto accepted = manager_->Deploy(request);
      if (accepted.ok() && registry_->AwaitDurable().ok()) return (*accepted)->state().id();
      Restart();
    }
  }

  v1::DeploymentState Drive(const std::string& id) {
    while (true) {
      if (store_->has_crashed()) {
        Crash();
        clock_.Advance(absl::Seconds(3));
        StartDurable();
      }
      const v1::DeploymentState state = Get(id);
      if (IsTerminal(state.status())) return state;
      if (state.status() == v1::STATUS_PAUSED) Promote(id).IgnoreError();
      clock_.Advance(absl::Seconds(1));
      for (int i = 0; i < 10; ++i) std::this_thread::yield();
    }
  }

  v1::DeploymentState RunKilledAfter(int commits) {
    Begin();
    if (commits > 0) store_->CrashAfter(commits);
    const std::string request = absl::StrCat("request_id: 'r' ", GetParam().request);
    const v1::DeploymentState state = Drive(Accept(Request(request)));
    effects_ = Effects();
    std::sort(effects_.begin(), effects_.end());
    CheckWaits(state);
    Crash();
    return state;
  }

  // No step after a wait began before the wait was over.
  static void CheckWaits(const v1::DeploymentState& state) {
    const v1::Plan& plan = state.has_deploy_plan() ? state.deploy_plan() : state.plan();
    for (const v1::Step& step : plan.steps()) {
      if (!step.has_wait() || step.status() != v1::STEP_STATUS_DONE) continue;
      EXPECT_GE(step.end_time().seconds() - step.start_time().seconds(),
                step.wait().duration().seconds());
    }
  }

  // Everything but times, ids, revisions and attempts.
  static std::string Essence(v1::DeploymentState state) {
    state.clear_id();
    state.clear_revision();
    state.clear_create_time();
    state.clear_start_time();
    state.clear_end_time();
    state.mutable_result()->clear_duration_ms();
    for (v1::TargetState& target : *state.mutable_targets()) {
      target.clear_start_time();
      target.clear_end_time();
      target.clear_attempts();
    }
    for (v1::Plan* plan : {state.mutable_plan(), state.mutable_deploy_plan()}) {
      for (v1::Step& step : *plan->mutable_steps()) {
        step.clear_start_time();
        step.clear_end_time();
      }
    }
    return state.DebugString();
  }

  // The lines that only one of both has.
  static std::vector<std::string> Difference(const std::string& a, const std::string& b) {
    std::vector<std::string> of_a = absl::StrSplit(a, '\n');
    std::vector<std::string> of_b = absl::StrSplit(b, '\n');
    std::sort(of_a.begin(), of_a.end());
    std::sort(of_b.begin(), of_b.end());
    std::vector<std::string> difference;
    std::set_symmetric_difference(of_a.begin(), of_a.end(), of_b.begin(), of_b.end(),
                                  std::back_inserter(difference));
    return difference;
  }

  std::vector<std::string> effects_;
};

TEST_P(KilledTest, EndsAsIfItHadNotBeen) {
  const std::string unkilled = Essence(RunKilledAfter(0));
  const std::vector<std::string> effects = effects_;
  for (int commits = 1; commits <= 60; ++commits) {
    SCOPED_TRACE(absl::StrCat("killed after ", commits, " commits"));
    ASSERT_THAT(Difference(Essence(RunKilledAfter(commits)), unkilled), IsEmpty());
    ASSERT_EQ(effects_, effects);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Scenarios, KilledTest,
    testing::Values(
        Scenario{"Rolling", "strategy { rolling_deployment { batch_size: 2 delay_seconds: 5 } }"},
        Scenario{"RollingOfWhatTheConfigurationDoesNotKnow",
                 "strategy { rolling_deployment { batch_size: 3 delay_seconds: 1 } }", "", "1.5"},
        // One by one: whether others of a batch have begun before one fails is chance.
        Scenario{"RollingThatFails", "strategy { rolling_deployment { delay_seconds: 2 } }", "t4"},
        Scenario{"RollingThatGoesOn",
                 "strategy { rolling_deployment { batch_size: 2 delay_seconds: 0 } } "
                 "on_failure { policy: FAILURE_POLICY_CONTINUE }",
                 "t2"},
        Scenario{"Canary",
                 "strategy { canary_deployment { stages: [20, 50, 100] stage_duration_seconds: 4 "
                 "} }"},
        Scenario{"CanaryThatFails",
                 "strategy { canary_deployment { stages: [20, 50, 100] stage_duration_seconds: 2 "
                 "} }",
                 "t3"},
        Scenario{"BlueGreen", "strategy { blue_green_deployment { manual_promotion: true } }"},
        Scenario{"TrafficCanary", "strategy { canary_strategy { step_duration_seconds: 2 } }"},
        Scenario{"Flag", "strategy { feature_flag_strategy { initial_rollout: 25 } }"}),
    [](const testing::TestParamInfo<Scenario>& scenario) { return scenario.param.name; });

}  // namespace
}  // namespace sluice
