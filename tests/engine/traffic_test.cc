// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// What a deployment tells the router: shares, switches and flags, and what comes of a router that
// fails or hangs.

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/engine_fixture.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

using TrafficTest = EngineTest;

TEST_F(TrafficTest, ServiceBasedStrategiesMoveTheTraffic) {
  struct Row {
    std::string strategy;
    CallKind kind;
    std::vector<std::string> forward;
    std::string back;
    double traffic;
  };
  const Row kTable[] = {
      {"rolling_strategy { batch_count: 2 }", CallKind::kSetTraffic, {"50", "100"}, "0", 100},
      {"canary_strategy { step: 50 }", CallKind::kSetTraffic, {"10", "60", "100"}, "0", 100},
      {"blue_green_strategy {}", CallKind::kSwitch, {"green"}, "blue", 100},
      {"feature_flag_strategy { initial_rollout: 30 }",
       CallKind::kSetFlag,
       {"ff_shop_2.0=30"},
       "ff_shop_2.0=0",
       30},
  };
  for (const Row& row : kTable) {
    world_ = std::make_shared<FakeWorld>(clock_);
    manager_.reset();
    StartWith(0);
    const v1::DeploymentState state = Run(Request(absl::StrCat("strategy { ", row.strategy, " }")));
    EXPECT_EQ(state.status(), v1::STATUS_COMPLETED) << row.strategy << ": " << state.message();
    EXPECT_EQ(state.traffic_percentage(), row.traffic) << row.strategy;
    ASSERT_TRUE(Rollback(state.id(), "1.0").ok()) << row.strategy;
    EXPECT_EQ(RunToEnd(state.id()).status(), v1::STATUS_ROLLED_BACK) << row.strategy;
    std::vector<std::string> seen;
    for (const WorldCall& call : world_->calls(row.kind)) seen.push_back(call.detail);
    std::vector<std::string> expected = row.forward;
    expected.push_back(row.back);
    EXPECT_EQ(seen, expected) << row.strategy;
    // A share is of the version that is taken back; a switch goes to the one before it.
    const std::string back_to = row.kind == CallKind::kSwitch ? "1.0" : "2.0";
    EXPECT_EQ(world_->calls(row.kind).back().version, back_to) << row.strategy;
  }
}

TEST_F(TrafficTest, ASwitchPastAFailedTargetLeavesAMixedFleet) {
  StartWith(2);
  FailDeploy("t2", "2.0");
  const v1::DeploymentState state =
      Run(Request("strategy { blue_green_deployment {} } on_failure { max_failed_targets: 1 }"));
  EXPECT_EQ(state.status(), v1::STATUS_COMPLETED) << state.message();
  EXPECT_EQ(state.fleet().consistency(), v1::FLEET_CONSISTENCY_MIXED);
}

TEST_F(TrafficTest, ASwitchBackThatFailsRecordsNone) {
  StartWith(2);
  FailDeploy("t2", "2.0");
  world_->Script(CallKind::kSwitch, "shop", "1.0", {.status = absl::UnknownError("no route")});
  const v1::DeploymentState before = Run(Request("strategy { blue_green_deployment {} }"));
  EXPECT_EQ(before.status(), v1::STATUS_FAILED);
  EXPECT_EQ(before.traffic_percentage(), 0) << "it never had any";
  EXPECT_EQ(before.metadata().at("active_slot"), "blue");

  world_->Script(CallKind::kDeploy, "t2", "2.0", {});
  const std::string id = Run(Request("strategy { blue_green_deployment {} }")).id();
  ASSERT_TRUE(Rollback(id, "1.0").ok());
  const v1::DeploymentState after = RunToEnd(id);
  EXPECT_EQ(after.status(), v1::STATUS_FAILED);
  EXPECT_EQ(after.traffic_percentage(), 100) << "it still has it";
  EXPECT_EQ(after.metadata().at("active_slot"), "green");
}

TEST_F(TrafficTest, ASwitchBackLeavesNoTrafficOnTheNewVersion) {
  for (const std::string strategy : {"blue_green_deployment", "blue_green_strategy"}) {
    world_ = std::make_shared<FakeWorld>(clock_);
    manager_.reset();
    StartWith(2);
    world_->Script(CallKind::kSwitch, "shop", "2.0", {.status = absl::UnknownError("no route")});
    const v1::DeploymentState state = Run(Request(absl::StrCat("strategy { ", strategy, " {} }")));
    EXPECT_EQ(state.status(), v1::STATUS_ROLLED_BACK) << state.message();
    EXPECT_EQ(state.traffic_percentage(), 0) << strategy;
    EXPECT_EQ(state.metadata().at("active_slot"), "blue") << strategy;
  }
}

// Between the switch and the end.
TEST_F(TrafficTest, ASwitchBackThatIsHeldShowsNoTrafficOnTheNewVersion) {
  StartWith(2);
  FailDeploy("t2", "2.0");
  world_->SetWitness([&](const WorldCall& call) {
    if (call.kind == CallKind::kSwitch) (void)Pause(call.deployment_id);
  });
  const std::string id = Deploy(Request("strategy { blue_green_deployment {} }"));
  const v1::DeploymentState held = Await(id, [](const v1::DeploymentState& state) {
    return state.phase() == v1::PHASE_ROLLING_BACK && state.current_step() == 1;
  });
  EXPECT_EQ(held.status(), v1::STATUS_PAUSED);
  EXPECT_EQ(held.traffic_percentage(), 0);
  ASSERT_TRUE(Resume(id).ok());
  EXPECT_EQ(RunToEnd(id).status(), v1::STATUS_ROLLED_BACK);
}

TEST_F(TrafficTest, ARouterThatFailsIsAFailure) {
  StartWith(0);
  world_->Script(CallKind::kSwitch, "shop", "2.0", {.status = absl::UnknownError("no route")});
  const v1::DeploymentState state = Run(Request("strategy { blue_green_strategy {} }"));
  EXPECT_EQ(state.status(), v1::STATUS_ROLLED_BACK) << state.message();
  EXPECT_EQ(state.reason(), v1::REASON_TRAFFIC_FAILED);
}

TEST_F(TrafficTest, ARouterThatFailsOnTheWayBackTooHasNotRolledBack) {
  StartWith(0);
  world_->Script(CallKind::kSetTraffic, "shop", "2.0", {.status = absl::UnknownError("no route")});
  const v1::DeploymentState state = Run(Request("strategy { rolling_strategy {} }"));
  EXPECT_EQ(state.status(), v1::STATUS_FAILED) << state.message();
  EXPECT_EQ(state.reason(), v1::REASON_ROLLBACK_FAILED);
}

TEST_F(TrafficTest, ARouterThatHangsRunsIntoTheProgressDeadline) {
  StartWith(0);
  world_->Script(CallKind::kSwitch, "shop", "2.0", {.hangs = true});
  const std::string id =
      Deploy(Request("strategy { blue_green_strategy {} } progress_deadline { seconds: 30 }"));
  HangFor(absl::Seconds(30), CallKind::kSwitch, 1);
  const v1::DeploymentState state = AwaitEnd(id);
  EXPECT_EQ(state.status(), v1::STATUS_ROLLED_BACK) << state.message();
  EXPECT_EQ(state.reason(), v1::REASON_PROGRESS_DEADLINE);
}

TEST_F(TrafficTest, AWayBackThatHangsRunsIntoTheProgressDeadlineToo) {
  StartWith(0);
  world_->Script(CallKind::kSwitch, "shop", "", {.hangs = true});
  const std::string id =
      Deploy(Request("strategy { blue_green_strategy {} } progress_deadline { seconds: 30 }"));
  HangFor(absl::Seconds(30), CallKind::kSwitch, 1);
  HangFor(absl::Seconds(30), CallKind::kSwitch, 2);
  const v1::DeploymentState state = AwaitEnd(id);
  EXPECT_EQ(state.status(), v1::STATUS_FAILED) << state.message();
  EXPECT_EQ(state.reason(), v1::REASON_ROLLBACK_FAILED);
}

TEST_F(TrafficTest, AnAbortGetsPastARouterThatHangs) {
  StartWith(0);
  world_->Script(CallKind::kSwitch, "shop", "", {.hangs = true});
  const std::string id = Deploy(Request("strategy { blue_green_strategy {} }"));
  world_->AwaitCalls(CallKind::kSwitch, 1);
  ASSERT_TRUE(Abort(id).ok());
  const v1::DeploymentState state = AwaitEnd(id);
  EXPECT_EQ(state.reason(), v1::REASON_ABORTED) << state.message();
  EXPECT_EQ(world_->calls(CallKind::kSwitch).size(), 1);
}

}  // namespace
}  // namespace sluice
