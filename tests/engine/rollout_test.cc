// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// What a deployment does to its targets and its record: success, failure, the way back.

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/engine_fixture.h"
#include "gmock/gmock.h"

namespace sluice {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

using RolloutTest = EngineTest;

const char kBatchesOf3[] =
    "strategy { rolling_deployment { batch_size: 3 delay_seconds: 5 } } "
    "progress_deadline { seconds: 2000000 }";

TEST_F(RolloutTest, BringsEveryTargetToTheVersion) {
  StartWith(4);
  const v1::DeploymentState state = Run(Request());
  EXPECT_EQ(state.status(), v1::STATUS_COMPLETED) << state.message();
  EXPECT_EQ(state.traffic_percentage(), 100);
  EXPECT_EQ(state.fleet().consistency(), v1::FLEET_CONSISTENCY_CONSISTENT);
  EXPECT_EQ(state.fleet().version(), "2.0");
  EXPECT_EQ(state.previous_version(), "1.0");
  EXPECT_EQ(state.result().targets_updated(), 4);
  EXPECT_EQ(state.current_step(), state.plan().steps_size());
  for (const v1::TargetState& target : state.targets()) {
    EXPECT_EQ(target.phase(), v1::TARGET_PHASE_SUCCEEDED);
    EXPECT_EQ(target.health(), v1::TARGET_HEALTH_HEALTHY);
  }
  EXPECT_THAT(Deploys(), ElementsAre("t1=2.0", "t2=2.0", "t3=2.0", "t4=2.0"));
}

TEST_F(RolloutTest, NeverDeploysMoreThanABatchAndWaitsBetweenBatches) {
  StartWith(10);
  world_->Script(CallKind::kDeploy, "", "", {.takes = absl::Seconds(2)});
  const v1::DeploymentState state = Run(Request(kBatchesOf3));
  ASSERT_EQ(state.status(), v1::STATUS_COMPLETED) << state.message();
  EXPECT_LE(world_->MostAtOnce(state.id()), 3);
  const std::vector<WorldCall> calls = world_->calls(CallKind::kDeploy);
  ASSERT_THAT(calls, SizeIs(10));
  absl::Duration batch_ended;
  for (size_t i = 3; i < calls.size(); ++i) {
    if (i % 3 == 0) {
      for (size_t j = i - 3; j < i; ++j) batch_ended = std::max(batch_ended, calls[j].end);
    }
    EXPECT_GE(calls[i].begin - batch_ended, absl::Seconds(5)) << calls[i].subject;
  }
}

TEST_F(RolloutTest, TakesBackExactlyTheTouchedTargets) {
  StartWith(10);
  FailDeploy("t4", "2.0");
  const v1::DeploymentState state = Run(Request());
  EXPECT_EQ(state.status(), v1::STATUS_ROLLED_BACK) << state.message();
  EXPECT_EQ(state.reason(), v1::REASON_DEPLOY_FAILED);
  EXPECT_TRUE(absl::StrContains(state.message(), "t4")) << state.message();
  EXPECT_THAT(Deploys(), ElementsAre("t1=2.0", "t2=2.0", "t3=2.0", "t4=2.0", "t1=1.0", "t2=1.0",
                                     "t3=1.0", "t4=1.0"));
  EXPECT_THAT(Versions(), Each("1.0"));
  EXPECT_EQ(state.targets(3).output(), "the disk is full");
  EXPECT_EQ(state.targets(4).attempts(), 0);
  EXPECT_EQ(state.fleet().version(), "1.0");
  EXPECT_GT(state.deploy_plan().steps_size(), 0);
  EXPECT_EQ(state.result().targets_updated(), 3) << "the way back is not counted";
  EXPECT_EQ(state.result().targets_failed(), 1);
}

TEST_F(RolloutTest, AnUnhealthyTargetStopsTheRollout) {
  StartWith(3);
  FailHealth("t2", "2.0");
  const v1::DeploymentState state = Run(Request());
  EXPECT_EQ(state.status(), v1::STATUS_ROLLED_BACK) << state.message();
  EXPECT_EQ(state.reason(), v1::REASON_UNHEALTHY_TARGET);
  EXPECT_TRUE(absl::StrContains(state.message(), "HTTP 503")) << state.message();
  EXPECT_THAT(Deploys(), ElementsAre("t1=2.0", "t2=2.0", "t1=1.0", "t2=1.0"));
}

TEST_F(RolloutTest, ARollbackThatFailsIsFailedAndMixed) {
  StartWith(4);
  FailDeploy("t3", "2.0");
  FailDeploy("t1", "1.0");
  const v1::DeploymentState state = Run(Request());
  EXPECT_EQ(state.status(), v1::STATUS_FAILED);
  EXPECT_EQ(state.reason(), v1::REASON_ROLLBACK_FAILED);
  EXPECT_EQ(state.fleet().consistency(), v1::FLEET_CONSISTENCY_MIXED);
  EXPECT_TRUE(absl::StrContains(state.message(), "t1")) << state.message();
  EXPECT_TRUE(absl::StrContains(state.message(), "t3")) << "the first cause: " << state.message();
  EXPECT_THAT(Versions(), ElementsAre("2.0", "1.0", "1.0", "1.0"));
  EXPECT_EQ(state.result().targets_updated(), 2);
  EXPECT_EQ(state.result().targets_failed(), 1) << "t3; t1 failed on the way back";

  world_->Script(CallKind::kDeploy, "t1", "1.0", {});
  ASSERT_TRUE(Rollback(state.id()).ok());
  const v1::DeploymentState again = RunToEnd(state.id());
  EXPECT_EQ(again.status(), v1::STATUS_ROLLED_BACK) << again.message();
  EXPECT_THAT(Versions(), Each("1.0"));
  EXPECT_EQ(again.deploy_plan().version(), "2.0") << "the way forward stays on record";
}

TEST_F(RolloutTest, AServiceTellsWhatItReallyRuns) {
  StartWith(3);
  const auto fleet = [this] { return manager_->ListServices().services(0).fleet(); };
  Run(Request());
  EXPECT_EQ(fleet().consistency(), v1::FLEET_CONSISTENCY_CONSISTENT);
  EXPECT_EQ(fleet().version(), "2.0");
  const v1::DeploymentState one = Run(Request("version: '3.0' targets { id: 't2' }"));
  EXPECT_EQ(one.status(), v1::STATUS_COMPLETED) << one.message();
  EXPECT_EQ(one.fleet().consistency(), v1::FLEET_CONSISTENCY_CONSISTENT) << "its own targets";
  EXPECT_EQ(fleet().consistency(), v1::FLEET_CONSISTENCY_MIXED) << "the others stayed on 2.0";
  Run(Request("version: '3.0'"));
  EXPECT_EQ(fleet().consistency(), v1::FLEET_CONSISTENCY_CONSISTENT);
  HangDeploy("t1", "4.0");
  Deploy(Request("version: '4.0'"));
  EXPECT_FALSE(manager_->ListServices().services(0).has_fleet()) << "it changes";
}

TEST_F(RolloutTest, WithoutAPreviousVersionItSaysSo) {
  Configure(2);
  auto definition = std::make_shared<ServiceDefinition>(*catalog_.Find("shop"));
  definition->config.clear_initial_version();
  catalog_.Replace({definition});
  for (const std::string target : {"t1", "t2"}) world_->SetVersion(target, "");
  Start();
  FailHealth("t2", "2.0");
  const v1::DeploymentState state = Run(Request());
  EXPECT_EQ(state.status(), v1::STATUS_FAILED);
  EXPECT_EQ(state.reason(), v1::REASON_NO_PREVIOUS_VERSION);
  EXPECT_TRUE(absl::StrContains(state.message(), "HTTP 503")) << state.message();
  EXPECT_THAT(Deploys(), ElementsAre("t1=2.0", "t2=2.0"));
}

TEST_F(RolloutTest, NeverRollsBackToTheVersionBeingDeployed) {
  StartWith(3);
  ASSERT_EQ(Run(Request()).status(), v1::STATUS_COMPLETED);
  FailHealth("t2", "2.0");
  const v1::DeploymentState state = Run(Request());
  EXPECT_EQ(state.status(), v1::STATUS_FAILED);
  EXPECT_EQ(state.reason(), v1::REASON_NO_PREVIOUS_VERSION);
  EXPECT_THAT(Deploys(), SizeIs(5));
}

TEST_F(RolloutTest, ACanaryCountsTheTargetsThatHadTheVersionBefore) {
  Configure(10);
  for (const std::string target : {"t1", "t2", "t3"}) world_->SetVersion(target, "2.0");
  Start();
  const std::string id =
      Deploy(Request("strategy { canary_deployment { manual_promotion: true "
                     "stage_duration_seconds: 0 stages: 10 stages: 50 } }"));
  AwaitStatus(id, v1::STATUS_PAUSED);
  EXPECT_THAT(Deploys(), IsEmpty()) << "a tenth has it already";
  ASSERT_TRUE(Promote(id).ok());
  EXPECT_EQ(AwaitEnd(id).status(), v1::STATUS_COMPLETED);
  EXPECT_THAT(Deploys(), UnorderedElementsAre("t4=2.0", "t5=2.0"));
}

TEST_F(RolloutTest, TargetsReportWhatTheyRan) {
  Configure(2);
  auto definition = std::make_shared<ServiceDefinition>(*catalog_.Find("shop"));
  definition->config.clear_initial_version();
  catalog_.Replace({definition});
  Start();
  world_->SetVersion("t1", "0.8");
  world_->SetVersion("t2", "0.9");
  FailDeploy("t2", "2.0");
  const v1::DeploymentState state = Run(Request());
  EXPECT_EQ(state.status(), v1::STATUS_ROLLED_BACK) << state.message();
  EXPECT_THAT(Versions(), ElementsAre("0.8", "0.9"));
}

TEST_F(RolloutTest, WhatTargetsReportCountsMoreThanTheConfiguration) {
  StartWith(2);
  for (const std::string target : {"t1", "t2"}) world_->SetVersion(target, "9.0");
  FailDeploy("t2", "10.0");
  const v1::DeploymentState state = Run(Request("version: '10.0'"));
  EXPECT_EQ(state.status(), v1::STATUS_ROLLED_BACK) << state.message();
  EXPECT_EQ(state.previous_version(), "9.0");
  EXPECT_EQ(state.fleet().version(), "9.0");
  EXPECT_THAT(Versions(), Each("9.0"));
}

TEST_F(RolloutTest, OfATargetThatDoesNotTellTheConfigurationIsBelieved) {
  StartWith(2);
  world_->Script(CallKind::kRunningVersion, "", "", {.status = absl::UnavailableError("mute")});
  FailDeploy("t2", "2.0");
  const v1::DeploymentState state = Run(Request());
  EXPECT_EQ(state.status(), v1::STATUS_ROLLED_BACK) << state.message();
  EXPECT_EQ(state.fleet().version(), "1.0");
  EXPECT_THAT(Versions(), Each("1.0"));
}

TEST_F(RolloutTest, NoProgressUntilTheDeadlineIsAFailure) {
  StartWith(2);
  HangDeploy("t1", "2.0");
  const std::string id = Deploy(Request("progress_deadline { seconds: 30 }"));
  HangFor(absl::Seconds(30), CallKind::kDeploy, 1);
  const v1::DeploymentState state = AwaitEnd(id);
  EXPECT_EQ(state.status(), v1::STATUS_ROLLED_BACK) << state.message();
  EXPECT_EQ(state.reason(), v1::REASON_PROGRESS_DEADLINE);
  EXPECT_THAT(Deploys(), ElementsAre("t1=2.0", "t1=1.0"));
}

TEST_F(RolloutTest, StopLeavesThingsAsTheyAre) {
  StartWith(4);
  FailDeploy("t3", "2.0");
  const v1::DeploymentState state = Run(Request("on_failure { policy: FAILURE_POLICY_STOP }"));
  EXPECT_EQ(state.status(), v1::STATUS_FAILED);
  EXPECT_EQ(state.reason(), v1::REASON_DEPLOY_FAILED);
  EXPECT_EQ(state.fleet().consistency(), v1::FLEET_CONSISTENCY_MIXED);
  EXPECT_THAT(Versions(), ElementsAre("2.0", "2.0", "1.0", "1.0"));
}

TEST_F(RolloutTest, ContinueGoesOnAndFailsInTheEnd) {
  StartWith(4);
  FailDeploy("t2", "2.0");
  const v1::DeploymentState state = Run(Request("on_failure { policy: FAILURE_POLICY_CONTINUE }"));
  EXPECT_EQ(state.status(), v1::STATUS_FAILED);
  EXPECT_THAT(Versions(), ElementsAre("2.0", "1.0", "2.0", "2.0"));
  EXPECT_EQ(state.result().targets_updated(), 3);
  EXPECT_EQ(state.result().targets_failed(), 1);
}

TEST_F(RolloutTest, ContinueDoesNotGoPastAStageBelowItsThreshold) {
  StartWith(4);
  FailDeploy("t1", "2.0");
  const v1::DeploymentState state =
      Run(Request("strategy { canary_deployment { stages: [ 50, 100 ] } } "
                  "on_failure { policy: FAILURE_POLICY_CONTINUE }"));
  EXPECT_EQ(state.status(), v1::STATUS_FAILED);
  EXPECT_EQ(state.reason(), v1::REASON_SUCCESS_RATE);
  EXPECT_THAT(Versions(), ElementsAre("1.0", "2.0", "1.0", "1.0"));
}

TEST_F(RolloutTest, ContinueDoesNotGoPastTrafficThatCouldNotBeMoved) {
  StartWith(0);
  world_->Script(CallKind::kSetTraffic, "shop", "2.0", {.status = absl::UnknownError("no route")});
  const v1::DeploymentState state = Run(
      Request("strategy { rolling_strategy {} } on_failure { policy: FAILURE_POLICY_CONTINUE }"));
  EXPECT_EQ(state.status(), v1::STATUS_FAILED);
  EXPECT_THAT(world_->calls(CallKind::kSetTraffic), SizeIs(1));
}

TEST_F(RolloutTest, ToleratesAsManyFailuresAsItIsTold) {
  StartWith(5);
  FailDeploy("t2", "2.0");
  const v1::DeploymentState within = Run(Request("on_failure { max_failed_targets: 1 }"));
  EXPECT_EQ(within.status(), v1::STATUS_COMPLETED) << within.message();
  EXPECT_EQ(within.result().targets_failed(), 1);

  FailDeploy("t2", "3.0");
  FailDeploy("t4", "3.0");
  const v1::DeploymentState beyond =
      Run(Request("version: '3.0' on_failure { max_failed_targets: 1 }"));
  EXPECT_EQ(beyond.status(), v1::STATUS_ROLLED_BACK) << beyond.message();
  EXPECT_EQ(world_->VersionOf("t5"), "2.0") << "never touched";
}

TEST_F(RolloutTest, BlueGreenSwitchesOnceAfterAllTargetsAndRollsBackWithoutDeploying) {
  StartWith(3);
  const v1::DeploymentState state = Run(Request("strategy { blue_green_deployment {} }"));
  EXPECT_EQ(state.status(), v1::STATUS_COMPLETED) << state.message();
  EXPECT_EQ(state.metadata().at("active_slot"), "green");
  const std::vector<WorldCall> calls = world_->calls();
  EXPECT_EQ(calls.back().kind, CallKind::kSwitch);
  EXPECT_THAT(world_->calls(CallKind::kSwitch), SizeIs(1));
  EXPECT_THAT(world_->calls(CallKind::kDeploy), SizeIs(3));

  ASSERT_TRUE(Rollback(state.id()).ok());
  EXPECT_EQ(RunToEnd(state.id()).status(), v1::STATUS_ROLLED_BACK);
  const std::vector<WorldCall> switches = world_->calls(CallKind::kSwitch);
  ASSERT_THAT(switches, SizeIs(2));
  EXPECT_EQ(switches[1].detail, "blue");
  EXPECT_EQ(switches[1].version, "1.0");
  EXPECT_THAT(world_->calls(CallKind::kDeploy), SizeIs(3));
}

// The other slot has the version before, and no other.
TEST_F(RolloutTest, ABlueGreenRollbackGoesToNoOtherVersion) {
  StartWith(2);
  const std::string id = Run(Request("strategy { blue_green_deployment {} }")).id();
  const absl::Status refused = Rollback(id, "0.9");
  EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
  EXPECT_TRUE(absl::StrContains(refused.message(), "which has 1.0; deploy 0.9 instead")) << refused;
  EXPECT_THAT(world_->calls(CallKind::kSwitch), SizeIs(1));
  ASSERT_TRUE(Rollback(id, "1.0").ok());
  EXPECT_EQ(RunToEnd(id).status(), v1::STATUS_ROLLED_BACK);
}

TEST_F(RolloutTest, BlueGreenDoesNotSwitchToGreenWhenATargetFailed) {
  StartWith(3);
  FailDeploy("t2", "2.0");
  const v1::DeploymentState state = Run(Request("strategy { blue_green_deployment {} }"));
  EXPECT_EQ(state.status(), v1::STATUS_ROLLED_BACK) << state.message();
  for (const WorldCall& call : world_->calls(CallKind::kSwitch)) EXPECT_EQ(call.detail, "blue");
}

TEST_F(RolloutTest, ABlueGreenRollbackWhoseSwitchFailsIsFailed) {
  StartWith(2);
  const std::string id = Run(Request("strategy { blue_green_deployment {} }")).id();
  world_->Script(CallKind::kSwitch, "shop", "1.0", {.status = absl::UnknownError("no route")});
  ASSERT_TRUE(Rollback(id).ok());
  const v1::DeploymentState state = RunToEnd(id);
  EXPECT_EQ(state.status(), v1::STATUS_FAILED);
  EXPECT_EQ(state.reason(), v1::REASON_ROLLBACK_FAILED);
  EXPECT_TRUE(absl::StrContains(state.message(), "no route")) << state.message();
}

TEST_F(RolloutTest, CanaryStagesOf20TargetsAreExactly2And5And10And20) {
  StartWith(20);
  const std::string id =
      Deploy(Request("strategy { canary_deployment { manual_promotion: true } } "
                     "progress_deadline { seconds: 2000000 }"));
  for (const size_t expected : {2U, 5U, 10U}) {
    AwaitStatus(id, v1::STATUS_PAUSED);
    EXPECT_THAT(Deploys(), SizeIs(expected));
    ASSERT_TRUE(Promote(id).ok());
  }
  EXPECT_EQ(RunToEnd(id).status(), v1::STATUS_COMPLETED);
  EXPECT_THAT(Deploys(), SizeIs(20));
}

TEST_F(RolloutTest, CanaryBelowItsThresholdStopsAtThatStageAndComesBack) {
  StartWith(20);
  FailHealth("t4", "2.0");
  const v1::DeploymentState state =
      Run(Request("strategy { canary_deployment { stage_duration_seconds: 1 } } "
                  "progress_deadline { seconds: 2000000 }"));
  EXPECT_EQ(state.status(), v1::STATUS_ROLLED_BACK) << state.message();
  EXPECT_EQ(state.reason(), v1::REASON_SUCCESS_RATE);
  EXPECT_EQ(state.metadata().at("stopped_at_stage"), "25");
  EXPECT_THAT(Versions(), Each("1.0"));
  EXPECT_THAT(Deploys(), SizeIs(10)) << "5 forward and 5 back";
}

TEST_F(RolloutTest, ARolledBackVersionIsNotRemembered) {
  StartWith(2);
  FailDeploy("t2", "2.0");
  ASSERT_EQ(Run(Request()).status(), v1::STATUS_ROLLED_BACK);
  FailDeploy("t2", "3.0");
  const v1::DeploymentState state = Run(Request("version: '3.0'"));
  EXPECT_EQ(state.previous_version(), "1.0");
  EXPECT_EQ(state.status(), v1::STATUS_ROLLED_BACK) << state.message();
  EXPECT_THAT(Versions(), Each("1.0"));
}

}  // namespace
}  // namespace sluice
