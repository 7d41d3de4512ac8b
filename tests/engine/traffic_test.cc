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
