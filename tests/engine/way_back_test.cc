// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// ROLLED_BACK is said only of what was brought back: to a named version, without a known previous
// one, and when the service has lost what it would be brought back with.

#include "engine/way_back.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/resume_fixture.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const char kBlueGreenTraffic[] = "strategy { blue_green_strategy {} }";

class WayBackTest : public ResumeTest {
 protected:
  v1::DeployRequest Version(const std::string& version, const std::string& text = "") {
    v1::DeployRequest request = Request(text);
    request.set_version(version);
    return request;
  }
  // The service as it is, but for its drivers and whether it is configured at all.
  void Reconfigure(const std::function<void(ServiceDefinition&)>& change) {
    auto definition = std::make_shared<ServiceDefinition>(*catalog_.Find("shop"));
    change(*definition);
    catalog_.Replace({definition});
  }
  void GiveDrivers() {
    Reconfigure([](ServiceDefinition& definition) {
      definition.config.mutable_deployer()->mutable_exec()->mutable_command()->add_argv("deploy");
      definition.config.mutable_router()->mutable_exec()->mutable_command()->add_argv("route");
    });
  }
  void LoseRouter() {
    Reconfigure([](ServiceDefinition& definition) { definition.config.clear_router(); });
  }
  // As allow_unconfigured_services has it.
  void LoseService() {
    Reconfigure([](ServiceDefinition& definition) {
      definition.config.Clear();
      definition.config.set_name("shop");
      definition.configured = false;
    });
  }
};

TEST_F(WayBackTest, TargetsThatWereNotTouchedGoToANamedVersionToo) {
  StartWith(2);
  ASSERT_EQ(Run(Version("2.0")).status(), v1::STATUS_COMPLETED);
  HangDeploy("t1", "3.0");
  const std::string id = Deploy(Version("3.0"));
  world_->AwaitCalls(CallKind::kDeploy, 3);
  ASSERT_TRUE(Abort(id).ok());
  AwaitEnd(id);
  ASSERT_TRUE(Rollback(id, "1.0").ok());
  const v1::DeploymentState state = RunToEnd(id);
  EXPECT_EQ(state.status(), v1::STATUS_ROLLED_BACK) << state.message();
  EXPECT_THAT(Versions(), Each("1.0"));
  EXPECT_EQ(state.fleet().version(), "1.0");
}

TEST_F(WayBackTest, WithoutANamedVersionThoseThatWereNotTouchedStay) {
  StartWith(2);
  HangDeploy("t1", "2.0");
  const std::string id = Deploy(Request());
  world_->AwaitCalls(CallKind::kDeploy, 1);
  ASSERT_TRUE(Rollback(id).ok());
  AwaitEnd(id);
  EXPECT_THAT(Deploys(), ElementsAre("t1=2.0", "t1=1.0"));
}

// t1 runs the new version already, t2 and t3 the one before; t3 does not get healthy.
void ExpectTheOthersWentBack(const v1::DeploymentState& state) {
  EXPECT_EQ(state.status(), v1::STATUS_ROLLED_BACK) << state.message();
  EXPECT_EQ(state.targets(0).phase(), v1::TARGET_PHASE_SUCCEEDED);
  EXPECT_EQ(state.targets(1).phase(), v1::TARGET_PHASE_ROLLED_BACK);
  EXPECT_EQ(state.targets(2).phase(), v1::TARGET_PHASE_ROLLED_BACK);
  EXPECT_EQ(state.fleet().consistency(), v1::FLEET_CONSISTENCY_MIXED);
}

TEST_F(WayBackTest, ATargetThatReportedTheVersionBeforeKeepsIt) {
  Configure(3);
  world_->SetVersion("t1", "2.0");
  Start();
  FailHealth("t3", "2.0");
  ExpectTheOthersWentBack(Run(Request()));
  EXPECT_THAT(Versions(), ElementsAre("2.0", "1.0", "1.0"));
}

TEST_F(WayBackTest, ATargetThatGotTheVersionFirstKeepsItWhenTheOthersFail) {
  StartWith(3);
  ASSERT_EQ(Run(Request("targets { id: 't1' }")).status(), v1::STATUS_COMPLETED);
  FailHealth("t3", "2.0");
  ExpectTheOthersWentBack(Run(Request()));
  EXPECT_THAT(Versions(), ElementsAre("2.0", "1.0", "1.0"));
}

TEST_F(WayBackTest, ThePlanNamesAVersionOnlyWhereAllGoBackToIt) {
  StartWith(3);
  const auto way_back = [this](const std::string& version) {
    return manager_->Plan(Request("version: '" + version + "'"))->rollback_plan().version();
  };
  EXPECT_EQ(way_back("2.0"), "1.0");
  ASSERT_EQ(Run(Request("targets { id: 't1' }")).status(), v1::STATUS_COMPLETED);
  EXPECT_EQ(way_back("3.0"), "") << "t1 to 2.0, the others to 1.0";
  ASSERT_EQ(Run(Request()).status(), v1::STATUS_COMPLETED);
  EXPECT_EQ(way_back("3.0"), "2.0");
}

TEST_F(WayBackTest, ATargetThatFailedToGetItsVersionOnceMoreIsGivenItAgain) {
  Configure(3);
  world_->SetVersion("t2", "2.0");
  Start();
  FailDeploy("t2", "2.0");
  const v1::DeploymentState state = Run(Request());
  EXPECT_EQ(state.status(), v1::STATUS_FAILED);
  EXPECT_EQ(state.reason(), v1::REASON_ROLLBACK_FAILED) << state.message();
  EXPECT_THAT(Deploys(), ElementsAre("t1=2.0", "t2=2.0", "t1=1.0", "t2=2.0"));
}

TEST_F(WayBackTest, ARollbackDoesNotWaitForOthersToEnd) {
  Configure(2, {"shop", "gate"});
  Start({.max_active_deployments = 1});
  const v1::DeploymentState shop = Run(Request());
  ASSERT_EQ(shop.status(), v1::STATUS_COMPLETED);
  const std::string gate =
      Deploy(Request("service: 'gate' strategy { canary_strategy { "
                     "manual_promotion: true } }"));
  AwaitStatus(gate, v1::STATUS_PAUSED);
  ASSERT_TRUE(Rollback(shop.id()).ok());
  EXPECT_EQ(RunToEnd(shop.id()).status(), v1::STATUS_ROLLED_BACK);
  EXPECT_EQ(Get(gate).status(), v1::STATUS_PAUSED);
}

TEST_F(WayBackTest, TrafficGoesBackToNoOtherVersionThanTheOneBefore) {
  for (const std::string strategy :
       {"rolling_strategy", "canary_strategy", "blue_green_strategy", "feature_flag_strategy"}) {
    world_ = std::make_shared<FakeWorld>(clock_);
    manager_.reset();
    StartWith(0);
    const std::string text = absl::StrCat("strategy { ", strategy, " {} }");
    ASSERT_EQ(Run(Version("2.0", text)).status(), v1::STATUS_COMPLETED);
    const v1::DeploymentState state = Run(Version("3.0", text));
    const absl::Status refused = Rollback(state.id(), "1.0");
    EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << strategy;
    EXPECT_THAT(std::string(refused.message()), HasSubstr("2.0; deploy 1.0 instead")) << strategy;
    EXPECT_EQ(Get(state.id()).status(), v1::STATUS_COMPLETED);
    EXPECT_TRUE(Rollback(state.id(), "2.0").ok()) << strategy;
    RunToEnd(state.id());
  }
}

TEST_F(WayBackTest, ASwitchWithoutAPreviousVersionIsNotTakenBack) {
  StartWith(0);
  Reconfigure([](ServiceDefinition& shop) { shop.config.clear_initial_version(); });
  const v1::DeploymentState state = Run(Request(kBlueGreenTraffic));
  ASSERT_EQ(state.status(), v1::STATUS_COMPLETED);
  const absl::Status refused = Rollback(state.id());
  EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
  EXPECT_THAT(std::string(refused.message()), HasSubstr("no previous version is known"));
  EXPECT_EQ(world_->calls(CallKind::kSwitch).size(), 1u);
  EXPECT_TRUE(Rollback(state.id(), "1.0").ok());
}

TEST_F(WayBackTest, WithoutTheRouterThatSwitchedNothingIsTakenBack) {
  Configure(2);
  GiveDrivers();
  Start();
  const v1::DeploymentState state = Run(Request("strategy { blue_green_deployment {} }"));
  ASSERT_EQ(state.status(), v1::STATUS_COMPLETED) << state.message();
  LoseRouter();
  const absl::Status refused = Rollback(state.id());
  EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
  EXPECT_THAT(std::string(refused.message()), HasSubstr("service shop has no router any more"));
}

TEST_F(WayBackTest, WithoutItsServiceNothingIsTakenBack) {
  Configure(2);
  GiveDrivers();
  Start();
  const v1::DeploymentState state = Run(Request());
  LoseService();
  const absl::Status refused = Rollback(state.id());
  EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
  EXPECT_THAT(std::string(refused.message()), HasSubstr("shop is no longer configured"));
  EXPECT_EQ(Get(state.id()).status(), v1::STATUS_COMPLETED);
}

TEST_F(WayBackTest, WithoutItsServiceADeploymentIsNotGoneOnWith) {
  Configure(2);
  GiveDrivers();
  StartDurable();
  HangDeploy("t1", "2.0");
  const std::string id = Deploy(Request());
  world_->AwaitCalls(CallKind::kDeploy, 1);
  Crash();
  LoseService();
  StartDurable();
  const v1::DeploymentState state = AwaitEnd(id);
  EXPECT_EQ(state.status(), v1::STATUS_FAILED);
  EXPECT_EQ(state.reason(), v1::REASON_NOT_RESUMED);
  EXPECT_THAT(state.message(), HasSubstr("shop is no longer configured"));
}

TEST_F(WayBackTest, WhatNeedsNoDriverGoesOnWithoutThem) {
  StartWith(0);
  const v1::DeploymentState state = Run(Request("strategy { rolling_strategy {} }"));
  LoseService();
  EXPECT_TRUE(Rollback(state.id()).ok());
  EXPECT_EQ(RunToEnd(state.id()).status(), v1::STATUS_ROLLED_BACK);
}

}  // namespace
}  // namespace sluice
