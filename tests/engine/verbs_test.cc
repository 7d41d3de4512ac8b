// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The control verbs on running deployments.

#include <atomic>
#include <string>
#include <thread>

#include "absl/strings/match.h"
#include "engine/engine_fixture.h"
#include "gmock/gmock.h"

namespace sluice {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::SizeIs;

using VerbsTest = EngineTest;

const char kGated[] = "strategy { canary_deployment { stages: [50, 100] manual_promotion: true } }";

TEST_F(VerbsTest, AnAbortEndsAHungCallAndLeavesThingsAsTheyAre) {
  StartWith(3);
  HangDeploy("t2", "2.0");
  const std::string id = Deploy(Request());
  world_->AwaitCalls(CallKind::kDeploy, 2);
  ASSERT_TRUE(Abort(id).ok());
  const v1::DeploymentState state = AwaitEnd(id);
  EXPECT_EQ(state.status(), v1::STATUS_FAILED);
  EXPECT_EQ(state.reason(), v1::REASON_ABORTED);
  EXPECT_EQ(state.targets(1).phase(), v1::TARGET_PHASE_CANCELLED);
  EXPECT_EQ(state.fleet().consistency(), v1::FLEET_CONSISTENCY_MIXED);
  EXPECT_THAT(Deploys(), ElementsAre("t1=2.0", "t2=2.0"));
}

TEST_F(VerbsTest, AnAbortEndsALongWait) {
  StartWith(2);
  const std::string id = Deploy(Request("strategy { rolling_deployment { delay_seconds: 3600 } }"));
  Await(id,
        [](const v1::DeploymentState& state) { return state.plan().steps(1).has_wait_until(); });
  ASSERT_TRUE(Abort(id).ok());
  EXPECT_EQ(AwaitEnd(id).reason(), v1::REASON_ABORTED);
}

TEST_F(VerbsTest, ARollbackEndsAHungCallAndTakesTheTouchedTargetsBack) {
  StartWith(3);
  HangDeploy("t2", "2.0");
  const std::string id = Deploy(Request());
  world_->AwaitCalls(CallKind::kDeploy, 2);
  ASSERT_TRUE(Rollback(id).ok());
  const v1::DeploymentState state = AwaitEnd(id);
  EXPECT_EQ(state.status(), v1::STATUS_ROLLED_BACK) << state.message();
  EXPECT_EQ(state.reason(), v1::REASON_ROLLBACK_REQUESTED);
  EXPECT_THAT(Deploys(), ElementsAre("t1=2.0", "t2=2.0", "t1=1.0", "t2=1.0"));
  EXPECT_THAT(Versions(), Each("1.0"));
}

TEST_F(VerbsTest, AnAbortEndsARollback) {
  StartWith(2);
  FailDeploy("t2", "2.0");
  HangDeploy("t1", "1.0");
  const std::string id = Deploy(Request());
  world_->AwaitCalls(CallKind::kDeploy, 3);
  ASSERT_TRUE(Abort(id).ok());
  const v1::DeploymentState state = AwaitEnd(id);
  EXPECT_EQ(state.status(), v1::STATUS_FAILED);
  EXPECT_EQ(state.reason(), v1::REASON_ABORTED);
}

TEST_F(VerbsTest, AnAbortKeepsItsReason) {
  StartWith(2);
  HangDeploy("t1", "2.0");
  const std::string id = Deploy(Request());
  world_->AwaitCalls(CallKind::kDeploy, 1);
  ASSERT_TRUE(Abort(id, "wrong window").ok());
  const v1::DeploymentState state = AwaitEnd(id);
  EXPECT_EQ(state.message(), "aborted: wrong window; what was done until then stays");
  EXPECT_EQ(state.control_reason(), "wrong window");
  EXPECT_EQ(state.stop_requested(), v1::REASON_UNSPECIFIED) << "it has been done";
}

TEST_F(VerbsTest, NoVerbHidesWhyADeploymentGoesBack) {
  StartWith(2);
  FailDeploy("t2", "2.0");
  HangDeploy("t1", "1.0");
  const std::string id = Deploy(Request());
  world_->AwaitCalls(CallKind::kDeploy, 3);
  const std::string cause = Get(id).message();
  EXPECT_TRUE(absl::StrContains(cause, "t2")) << cause;
  ASSERT_TRUE(Pause(id, "lunch").ok());
  EXPECT_EQ(Get(id).message(), cause);
  EXPECT_EQ(Get(id).control_reason(), "lunch");
  ASSERT_TRUE(Resume(id).ok());
  EXPECT_EQ(Get(id).message(), cause);
  EXPECT_EQ(Get(id).control_reason(), "");
  ASSERT_TRUE(Abort(id, "enough").ok());
  EXPECT_EQ(AwaitEnd(id).message(),
            "aborted: enough; what was done until then stays; it began with: " + cause);
}

TEST_F(VerbsTest, BeforeItsSwitchABlueGreenDeploymentHasNoTraffic) {
  StartWith(2);
  const std::string id =
      Deploy(Request("strategy { blue_green_deployment { manual_promotion: true } }"));
  EXPECT_EQ(AwaitStatus(id, v1::STATUS_PAUSED).traffic_percentage(), 0);
  ASSERT_TRUE(Abort(id).ok());
  const v1::DeploymentState state = AwaitEnd(id);
  EXPECT_EQ(state.traffic_percentage(), 0);
  EXPECT_EQ(state.fleet().consistency(), v1::FLEET_CONSISTENCY_MIXED)
      << "the old version serves beside the new one";
}

TEST_F(VerbsTest, APauseBeginsNoFurtherCallAndAResumeGoesOn) {
  StartWith(3);
  world_->Script(CallKind::kDeploy, "t1", "2.0", {.takes = absl::Seconds(10)});
  const std::string id = Deploy(Request("progress_deadline { seconds: 2000000 }"));
  world_->AwaitCalls(CallKind::kDeploy, 1);
  ASSERT_TRUE(Pause(id).ok());
  EXPECT_EQ(Get(id).status(), v1::STATUS_PAUSED);
  clock_.AwaitTimedWait(absl::Seconds(10));
  clock_.Advance(absl::Seconds(10));
  Await(id, [](const v1::DeploymentState& state) {
    return state.plan().steps(0).status() == v1::STEP_STATUS_DONE;
  });
  clock_.Advance(absl::Hours(5));
  EXPECT_THAT(Deploys(), SizeIs(1)) << "the call that ran was finished, no other begun";
  ASSERT_TRUE(Resume(id).ok());
  EXPECT_EQ(AwaitEnd(id).status(), v1::STATUS_COMPLETED);
}

TEST_F(VerbsTest, EachGateIsPromotedByItself) {
  StartWith(4);
  const std::string id = Deploy(
      Request("strategy { canary_deployment { stages: [25, 50, 100] manual_promotion: true } }"));
  for (const size_t deployed : {1U, 2U}) {
    const v1::DeploymentState state = AwaitStatus(id, v1::STATUS_PAUSED);
    EXPECT_TRUE(absl::StrContains(state.message(), "promote")) << state.message();
    EXPECT_THAT(Deploys(), SizeIs(deployed));
    ASSERT_TRUE(Promote(id).ok());
  }
  EXPECT_EQ(AwaitEnd(id).status(), v1::STATUS_COMPLETED);
}

TEST_F(VerbsTest, ARefusedVerbLeavesTheRecordAsItWas) {
  Configure(2);
  HangDeploy("t1", "2.0");
  Start();
  const std::string id = Deploy(Request());
  world_->AwaitCalls(CallKind::kDeploy, 1);
  ASSERT_TRUE(Pause(id, "lunch").ok());
  ASSERT_TRUE(Resume(id).ok());
  const std::string before = (*registry_->Latest(id))->state().DebugString();
  v1::PromoteRequest promote;
  promote.set_deployment_id(id);
  promote.set_reason("refused words");
  EXPECT_TRUE(absl::IsFailedPrecondition(manager_->Promote(promote).status()));
  v1::ResumeRequest resume;
  resume.set_deployment_id(id);
  resume.set_reason("refused words");
  EXPECT_TRUE(absl::IsFailedPrecondition(manager_->Resume(resume).status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(Rollback(id, "2.0")));
  // Not from a snapshot that was taken before.
  std::string after;
  ASSERT_TRUE(
      registry_->Read(id, [&](const v1::DeploymentState& state) { after = state.DebugString(); })
          .ok());
  EXPECT_EQ(after, before);
  ASSERT_TRUE(Abort(id).ok());
  AwaitEnd(id);
}

TEST_F(VerbsTest, AFullPromotePassesAllGates) {
  StartWith(4);
  const std::string id = Deploy(
      Request("strategy { canary_deployment { stages: [25, 50, 100] manual_promotion: true } }"));
  AwaitStatus(id, v1::STATUS_PAUSED);
  ASSERT_TRUE(Promote(id, true).ok());
  EXPECT_EQ(AwaitEnd(id).status(), v1::STATUS_COMPLETED);
}

TEST_F(VerbsTest, AGateHoldsTheDeadline) {
  StartWith(2);
  const std::string id = Deploy(Request(kGated));
  AwaitStatus(id, v1::STATUS_PAUSED);
  clock_.Advance(absl::Hours(100));
  ASSERT_TRUE(Promote(id).ok());
  EXPECT_EQ(AwaitEnd(id).status(), v1::STATUS_COMPLETED);
}

TEST_F(VerbsTest, AFinishedDeploymentIsRolledBackToTheNamedVersion) {
  StartWith(2);
  const std::string id = Deploy(Request());
  ASSERT_EQ(AwaitEnd(id).status(), v1::STATUS_COMPLETED);
  const absl::Status same = Rollback(id, "2.0");
  EXPECT_TRUE(absl::IsFailedPrecondition(same)) << same;
  ASSERT_TRUE(Rollback(id, "0.9").ok());
  EXPECT_EQ(AwaitEnd(id).status(), v1::STATUS_ROLLED_BACK);
  EXPECT_THAT(Versions(), Each("0.9"));
  EXPECT_EQ(registry_->MemoryOf("shop").active_version, "0.9");
}

TEST_F(VerbsTest, OnlyTheLatestDeploymentOfAServiceIsRolledBack) {
  StartWith(1);
  const std::string first = Run(Request()).id();
  const std::string second = Run(Request("version: '3.0'")).id();
  const absl::Status refused = Rollback(first);
  EXPECT_TRUE(absl::IsFailedPrecondition(refused));
  EXPECT_TRUE(absl::StrContains(refused.message(), second)) << refused;
}

TEST_F(VerbsTest, ARollbackOfAnAbortingDeploymentIsRefused) {
  StartWith(1);
  // Ends only when the test lets the witness go.
  std::atomic<bool> hold{true};
  HangDeploy("t1", "2.0");
  world_->SetWitness([&](const WorldCall& call) {
    const bool is_over = call.kind == CallKind::kDeploy && call.end != absl::InfiniteDuration();
    while (is_over && hold) std::this_thread::yield();
  });
  const std::string id = Deploy(Request());
  world_->AwaitCalls(CallKind::kDeploy, 1);
  ASSERT_TRUE(Abort(id).ok());
  const absl::Status refused = Rollback(id);
  hold = false;
  EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
  EXPECT_EQ(AwaitEnd(id).reason(), v1::REASON_ABORTED);
  EXPECT_TRUE(Rollback(id).ok());
}

TEST_F(VerbsTest, WhatWasAbortedBeforeItBeganLeavesRoomForOthers) {
  Configure(2, {"a", "b", "c"});
  Start({.max_active_deployments = 1, .max_pending_deployments = 1});
  const auto deploy = [&](const std::string& service) {
    v1::DeployRequest request = Request(kGated);
    request.set_service(service);
    return Deploy(request);
  };
  AwaitStatus(deploy("a"), v1::STATUS_PAUSED);
  ASSERT_TRUE(Abort(deploy("b")).ok());
  const std::string next = deploy("c");
  EXPECT_EQ(Get(next).status(), v1::STATUS_PENDING);
  ASSERT_TRUE(Rollback(next).ok());
  EXPECT_EQ(Get(deploy("b")).status(), v1::STATUS_PENDING);
}

}  // namespace
}  // namespace sluice
