// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Deployments that the daemon's end interrupts, and the next start goes on with.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/resume_fixture.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr char kGated[] = "strategy { blue_green_deployment { manual_promotion: true } }";
constexpr char kWaiting[] = "strategy { rolling_deployment { delay_seconds: 60 } }";

TEST_F(ResumeTest, WhatHasEndedIsThereAgain) {
  Configure(2);
  StartDurable();
  const v1::DeploymentState before = Run(Request());
  Restart();
  EXPECT_EQ(Get(before.id()).SerializeAsString(), before.SerializeAsString());
  EXPECT_THAT(Deploys(), ElementsAre("t1=2.0", "t2=2.0"));
}

TEST_F(ResumeTest, TheNextDeploymentKnowsWhatRuns) {
  Configure(1);
  StartDurable();
  Run(Request());
  Restart();
  const v1::DeploymentState next = Run(Request("version: '3.0'"));
  EXPECT_EQ(next.previous_version(), "2.0");
  EXPECT_EQ(next.targets(0).previous_version(), "2.0");
}

TEST_F(ResumeTest, ARequestIdIsKnownAcrossARestart) {
  Configure(1);
  StartDurable();
  const v1::DeployRequest request = Request("request_id: 'build-7'");
  const std::string id = Run(request).id();
  Restart();
  EXPECT_EQ(Deploy(request), id);
  EXPECT_THAT(Deploys(), ElementsAre("t1=2.0"));
  const auto other = manager_->Deploy(Request("request_id: 'build-7' version: '3.0'"));
  EXPECT_TRUE(absl::IsAlreadyExists(other.status())) << other.status();
}

TEST_F(ResumeTest, TheRequestIdsOfCallersAreTheirOwn) {
  Configure(1, {"shop", "blog"});
  StartDurable();
  v1::DeployRequest request = Request("request_id: 'build-7'");
  const std::string of_ci = (*manager_->Deploy(request, "token ci"))->state().id();
  ASSERT_TRUE(registry_->AwaitDurable().ok());
  AwaitEnd(of_ci);
  request.set_service("blog");
  const auto of_alice = manager_->Deploy(request, "user alice");
  ASSERT_TRUE(of_alice.ok()) << of_alice.status();
  EXPECT_NE((*of_alice)->state().id(), of_ci);
  ASSERT_TRUE(registry_->AwaitDurable().ok());
  Restart();
  request.set_service("shop");
  EXPECT_EQ((*manager_->Deploy(request, "token ci"))->state().id(), of_ci);
}

TEST_F(ResumeTest, ARequestIdIsForgottenAfterADay) {
  Configure(1);
  StartDurable();
  const v1::DeployRequest request = Request("request_id: 'build-7'");
  const std::string id = Run(request).id();
  Restart();
  clock_.Advance(absl::Hours(25));
  Run(Request("request_id: 'build-8'"));
  EXPECT_NE(Deploy(request), id);
}

TEST_F(ResumeTest, DowntimeCountsAgainstAWait) {
  Configure(2);
  StartDurable();
  const std::string id = Deploy(Request(kWaiting));
  AwaitWait(id);
  clock_.Advance(absl::Seconds(20));
  Crash();
  clock_.Advance(absl::Seconds(30));
  StartDurable();
  AwaitWait(id);
  clock_.AwaitTimedWait(absl::Seconds(10));
  clock_.Advance(absl::Seconds(9));
  EXPECT_THAT(Deploys(), ElementsAre("t1=2.0"));
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(AwaitEnd(id).status(), v1::STATUS_COMPLETED);
  EXPECT_THAT(Deploys(), ElementsAre("t1=2.0", "t2=2.0"));
}

TEST_F(ResumeTest, APausedWaitKeepsWhatWasLeft) {
  Configure(2);
  StartDurable();
  const std::string id = Deploy(Request(kWaiting));
  AwaitWait(id);
  clock_.Advance(absl::Seconds(20));
  ASSERT_TRUE(Pause(id).ok());
  ASSERT_TRUE(registry_->AwaitDurable().ok());
  Crash();
  clock_.Advance(absl::Hours(5));
  StartDurable();
  EXPECT_EQ(Get(id).status(), v1::STATUS_PAUSED);
  ASSERT_TRUE(Resume(id).ok());
  clock_.AwaitTimedWait(absl::Seconds(40));
  clock_.Advance(absl::Seconds(39));
  EXPECT_THAT(Deploys(), ElementsAre("t1=2.0"));
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(AwaitEnd(id).status(), v1::STATUS_COMPLETED);
}

TEST_F(ResumeTest, AGateStaysShut) {
  Configure(2);
  StartDurable();
  const std::string id = Deploy(Request(kGated));
  AwaitStatus(id, v1::STATUS_PAUSED);
  Restart();
  EXPECT_EQ(Get(id).status(), v1::STATUS_PAUSED);
  EXPECT_THAT(world_->calls(CallKind::kSwitch), IsEmpty());
  ASSERT_TRUE(Promote(id).ok());
  EXPECT_EQ(AwaitEnd(id).status(), v1::STATUS_COMPLETED);
  EXPECT_EQ(world_->calls(CallKind::kSwitch).size(), 1u);
}

TEST_F(ResumeTest, AnAcknowledgedAbortIsCarriedOut) {
  Configure(2);
  StartDurable();
  HangDeploy("t1", "2.0");
  const std::string id = Deploy(Request());
  world_->AwaitCalls(CallKind::kDeploy, 1);
  store_->CrashAfter(1);  // The abort itself.
  ASSERT_TRUE(Abort(id).ok());
  AwaitStopRequest(id, v1::REASON_ABORTED);
  Restart();
  const v1::DeploymentState state = AwaitEnd(id);
  EXPECT_EQ(state.status(), v1::STATUS_FAILED);
  EXPECT_EQ(state.reason(), v1::REASON_ABORTED);
  EXPECT_EQ(Deploys().size(), 1u);
}

TEST_F(ResumeTest, AnAcknowledgedRollbackIsCarriedOut) {
  Configure(2);
  StartDurable();
  HangDeploy("t2", "2.0");
  const std::string id = Deploy(Request());
  world_->AwaitCalls(CallKind::kDeploy, 2);
  store_->CrashAfter(1);
  ASSERT_TRUE(Rollback(id).ok());
  AwaitStopRequest(id, v1::REASON_ROLLBACK_REQUESTED);
  Restart();
  EXPECT_EQ(RunToEnd(id).status(), v1::STATUS_ROLLED_BACK);
  EXPECT_THAT(Versions(), ElementsAre("1.0", "1.0"));
}

TEST_F(ResumeTest, AServiceThatIsGoneFailsClearly) {
  Configure(1);
  StartDurable();
  const std::string id = Deploy(Request(kGated));
  AwaitStatus(id, v1::STATUS_PAUSED);
  Crash();
  Configure(1, {"other"});
  StartDurable();
  const v1::DeploymentState state = AwaitEnd(id);
  EXPECT_EQ(state.reason(), v1::REASON_NOT_RESUMED);
  EXPECT_THAT(state.message(), HasSubstr("no longer configured"));
}

TEST_F(ResumeTest, WhatCannotBeWrittenIsNeitherAcknowledgedNorSeen) {
  Configure(1);
  StartDurable();
  const std::string first = Run(Request()).id();
  store_->Crash();
  const auto accepted = manager_->Deploy(Request("version: '3.0'"));
  ASSERT_TRUE(accepted.ok());  // But not durable:
  EXPECT_FALSE(registry_->AwaitDurable().ok());
  EXPECT_TRUE(absl::IsNotFound(registry_->Get((*accepted)->state().id()).status()));
  EXPECT_EQ(*registry_->LatestOf("shop"), first);
  EXPECT_FALSE(manager_->Deploy(Request("version: '4.0'")).ok());
  EXPECT_EQ(Get(first).status(), v1::STATUS_COMPLETED);
  EXPECT_THAT(Deploys(), ElementsAre("t1=2.0"));
}

TEST_F(ResumeTest, AnAnswerWaitsForItsOwnChangeAlone) {
  Configure(1);
  StartDurable();
  const std::string first = Run(Request()).id();
  absl::Status answer = absl::UnknownError("none yet");
  const int64_t revision = Get(first).revision();
  store_->Crash();
  ASSERT_TRUE(manager_->Deploy(Request("version: '3.0'")).ok());
  registry_->WhenDurable(revision, [&](const absl::Status& status) { answer = status; });
  EXPECT_TRUE(answer.ok()) << answer;
  EXPECT_FALSE(registry_->AwaitDurable().ok());
}

TEST_F(ResumeTest, AWatchGoesOnAcrossARestart) {
  Configure(1);
  StartDurable();
  const v1::DeploymentState first = Run(Request());
  Restart();
  const auto nothing = registry_->NextAfter(first.revision(), {});
  ASSERT_TRUE(nothing.ok()) << nothing.status();
  EXPECT_EQ(*nothing, nullptr);
  const v1::DeploymentState second = Run(Request("version: '3.0'"));
  EXPECT_GT(second.revision(), first.revision());
  const auto next = registry_->NextAfter(first.revision(), {});
  ASSERT_TRUE(next.ok()) << next.status();
  EXPECT_EQ((*next)->state().id(), second.id());
}

TEST_F(ResumeTest, AllGoesOnAlsoUnderLowerLimits) {
  const std::vector<std::string> services = {"a", "b", "c", "d"};
  Configure(1, services);
  StartDurable();
  std::vector<std::string> ids;
  for (const std::string& service : services) {
    v1::DeployRequest request = Request(kGated);
    request.set_service(service);
    ids.push_back(Deploy(request));
    AwaitStatus(ids.back(), v1::STATUS_PAUSED);
  }
  Crash();
  StartDurable({.max_active_deployments = 1, .max_pending_deployments = 1});
  for (const std::string& id : ids) ASSERT_TRUE(Promote(id, true).ok()) << Get(id).DebugString();
  for (const std::string& id : ids) EXPECT_EQ(AwaitEnd(id).status(), v1::STATUS_COMPLETED);
}

TEST_F(ResumeTest, EachStartHasAHigherEpoch) {
  Configure(1);
  StartDurable();
  const int64_t first = registry_->epoch();
  Restart();
  EXPECT_EQ(registry_->epoch(), first + 1) << "the clock stood still";
}

TEST_F(ResumeTest, ARestoredBackupDoesNotTakeTheEpochBack) {
  Configure(1);
  StartDurable();
  const StoreChange backup = *store_->Load();
  for (int i = 0; i < 3; ++i) {
    clock_.Advance(absl::Seconds(1));
    Restart();
  }
  const int64_t newest = registry_->epoch();
  Crash();
  store_ = std::make_unique<CrashStore>();
  ASSERT_TRUE(store_->Commit(backup).ok());
  clock_.Advance(absl::Seconds(1));
  StartDurable();
  EXPECT_GT(registry_->epoch(), newest);
}

TEST_F(ResumeTest, AWatchGoesOnAcrossARestoredBackup) {
  Configure(1);
  StartDurable();
  Run(Request("version: 'kept'"));
  const StoreChange backup = *store_->Load();
  for (int i = 1; i <= 5; ++i) Run(Request(absl::StrCat("version: 'lost", i, "'")));
  int64_t revision = registry_->newest_revision();
  Crash();
  store_ = std::make_unique<CrashStore>();
  ASSERT_TRUE(store_->Commit(backup).ok());
  clock_.Advance(absl::Seconds(1));
  StartDurable();
  std::vector<std::string> deployed;
  for (int i = 1; i <= 8; ++i) {
    deployed.push_back(Run(Request(absl::StrCat("version: 'new", i, "'"))).id());
  }
  std::vector<std::string> seen;
  while (true) {
    const auto next = registry_->NextAfter(revision, {});
    ASSERT_TRUE(next.ok()) << next.status();
    if (*next == nullptr) break;
    revision = (*next)->state().revision();
    seen.push_back((*next)->state().id());
  }
  EXPECT_EQ(seen, deployed);
}

// The data is the same, and yet what it was asked for may be gone.
TEST_F(ResumeTest, T40ARevisionWhoseRecordsArePrunedIsOutOfRangeAfterARestartToo) {
  Configure(1);
  StartDurable();
  const int64_t first = Run(Request()).revision();
  for (int i = 0; i < 25; ++i) Run(Request(absl::StrCat("version: 'v", i, "'")));
  for (int run = 0; run < 2; ++run) {
    const auto next = registry_->NextAfter(first, {.service = "shop"});
    EXPECT_TRUE(absl::IsOutOfRange(next.status())) << next.status();
    EXPECT_TRUE(absl::IsOutOfRange(registry_->NextAfter(first, {}).status()));
    const auto newest = registry_->NextAfter(registry_->newest_revision(), {});
    EXPECT_TRUE(newest.ok() && *newest == nullptr) << newest.status();
    const auto future = registry_->NextAfter(registry_->newest_revision() + 1, {});
    EXPECT_TRUE(absl::IsOutOfRange(future.status())) << future.status();
    Restart();
  }
}

TEST_F(ResumeTest, ServicesRevisionsAndPositionsAreThoseOfTheRecords) {
  Configure(1, {"shop", "web"});
  StartDurable();
  const std::string first = Deploy(Request(kGated));
  AwaitStatus(first, v1::STATUS_PAUSED);
  const std::string second = Deploy(Request(absl::StrCat("service: 'web' ", kGated)));
  const int64_t revision = AwaitStatus(second, v1::STATUS_PAUSED).revision();
  Restart();
  EXPECT_THAT(registry_->Services(), ElementsAre("shop", "web"));
  EXPECT_EQ(registry_->MemoryOf("web").latest_deployment_id, second);
  EXPECT_GE(registry_->newest_revision(), revision);
  ASSERT_TRUE(Abort(first).ok());
  EXPECT_GT(AwaitEnd(first).revision(), revision);
  const std::string third = Deploy(Request(kGated));
  const auto list = registry_->List({});
  ASSERT_TRUE(list.ok()) << list.status();
  ASSERT_EQ(list->states_size(), 3);
  EXPECT_EQ(list->states(0).id(), third);
  EXPECT_EQ(list->states(2).id(), first);
}

TEST_F(ResumeTest, TheHistoryLimitHoldsAcrossRestarts) {
  Configure(1);
  StartDurable();
  for (int i = 0; i < 25; ++i) Run(Request(absl::StrCat("version: 'v", i, "'")));
  Restart();
  v1::ListStatesRequest request;
  EXPECT_EQ(registry_->List(request)->states_size(), 20);
  EXPECT_EQ(store_->Load()->records.size(), 20u);
}

TEST_F(ResumeTest, WhyItFailedIsTheSameAfterARestart) {
  Configure(2);
  FailHealth("t1", "2.0");
  HangDeploy("t2", "2.0");
  StartDurable();
  const std::string id = Deploy(Request("on_failure { policy: FAILURE_POLICY_CONTINUE }"));
  world_->AwaitCalls(CallKind::kDeploy, 2);
  Crash();
  world_->Script(CallKind::kDeploy, "t2", "2.0", {});
  StartDurable();
  const v1::DeploymentState state = RunToEnd(id);
  EXPECT_EQ(state.status(), v1::STATUS_FAILED);
  EXPECT_EQ(state.reason(), v1::REASON_UNHEALTHY_TARGET) << state.message();
}

TEST_F(ResumeTest, AfterAStartTargetsAreAskedAgainWhatTheyRun) {
  Configure(2);
  StartDurable();
  ASSERT_EQ(Run(Request()).status(), v1::STATUS_COMPLETED);
  world_->SetVersion("t1", "drift");  // Somebody else was at work.
  Restart();
  FailDeploy("t2", "3.0");
  v1::DeployRequest request = Request();
  request.set_version("3.0");
  const v1::DeploymentState state = Run(request);
  EXPECT_EQ(state.status(), v1::STATUS_ROLLED_BACK) << state.message();
  EXPECT_EQ(Versions(), (std::vector<std::string>{"drift", "2.0"}));
}

TEST_F(ResumeTest, OfTargetsThatDoNotTellTheRecordsAreBelieved) {
  Configure(2);
  StartDurable();
  ASSERT_EQ(Run(Request()).status(), v1::STATUS_COMPLETED);
  Restart();
  world_->Script(CallKind::kRunningVersion, "", "", {.status = absl::UnimplementedError("mute")});
  FailDeploy("t2", "3.0");
  v1::DeployRequest request = Request();
  request.set_version("3.0");
  const v1::DeploymentState state = Run(request);
  EXPECT_EQ(state.status(), v1::STATUS_ROLLED_BACK) << state.message();
  EXPECT_EQ(Versions(), (std::vector<std::string>{"2.0", "2.0"}));
}

}  // namespace
}  // namespace sluice
