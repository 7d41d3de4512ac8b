// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// What the daemon takes for known of a target's version: what it put there itself. What the
// configuration says, or a caller, is no fact by being in a record that ended.

#include <string>
#include <vector>

#include "engine/engine_fixture.h"
#include "gmock/gmock.h"

namespace sluice {
namespace {

using testing::ElementsAre;

constexpr char kBothAtOnce[] =
    "strategy { rolling_deployment { batch_size: 2 delay_seconds: 0 } } ";

class KnownVersionsTest : public EngineTest {
 protected:
  // Two targets that run 7.0, where the configuration says 1.0.
  void Prepare(const std::vector<std::string>& services = {"shop"}) {
    Configure(2, services);
    for (const char* id : {"t1", "t2"}) world_->SetVersion(id, "7.0");
  }
  void FailProbes(bool fail) {
    world_->Script(CallKind::kRunningVersion, "", "",
                   {.status = fail ? absl::UnavailableError("down") : absl::OkStatus()});
  }
  size_t Probes() const { return world_->calls(CallKind::kRunningVersion).size(); }
  // 9.0 fails on t2: everything goes back to what ran before.
  v1::DeploymentState FailNext() {
    FailDeploy("t2", "9.0");
    return Run(Request(std::string(kBothAtOnce) + "version: '9.0'"));
  }
  void ExpectBackAt7(const v1::DeploymentState& state) {
    EXPECT_EQ(state.status(), v1::STATUS_ROLLED_BACK) << state.message();
    EXPECT_EQ(state.previous_version(), "7.0");
    EXPECT_THAT(Versions(), ElementsAre("7.0", "7.0"));
  }
};

TEST_F(KnownVersionsTest, ADeployerThatCannotTellIsNotAsked) {
  Prepare();
  world_->SetTellsVersion(false);
  Start();
  const v1::DeploymentState state = Run(Request("version: '8.0'"));
  EXPECT_EQ(state.status(), v1::STATUS_COMPLETED) << state.message();
  EXPECT_EQ(state.targets(0).previous_version(), "1.0");
  EXPECT_EQ(Probes(), 0u);
}

TEST_F(KnownVersionsTest, AnAbortBeforeTargetsWereAskedLeavesThemToBeAsked) {
  Prepare({"shop", "other"});
  Start({.max_active_deployments = 1});
  world_->Script(CallKind::kDeploy, "", "6.0", {.hangs = true});
  const std::string other = Deploy(Request("service: 'other' version: '6.0' targets { id: 't1' }"));
  world_->AwaitCalls(CallKind::kDeploy, 1);
  const std::string id = Deploy(Request("version: '8.0'"));
  ASSERT_TRUE(Abort(id).ok());
  ASSERT_TRUE(Abort(other).ok());
  AwaitEnd(id);
  AwaitEnd(other);
  ExpectBackAt7(FailNext());
}

TEST_F(KnownVersionsTest, AnAbortWhileTargetsAreAskedLeavesThemToBeAsked) {
  Prepare();
  Start();
  world_->Script(CallKind::kRunningVersion, "", "", {.hangs = true});
  const std::string id = Deploy(Request("version: '8.0'"));
  world_->AwaitCalls(CallKind::kRunningVersion, 2);
  ASSERT_TRUE(Abort(id).ok());
  AwaitEnd(id);
  FailProbes(false);
  ExpectBackAt7(FailNext());
}

TEST_F(KnownVersionsTest, AFailedCallToATargetThatDidNotTellLeavesItToBeAsked) {
  Prepare();
  Start();
  FailProbes(true);
  world_->Script(CallKind::kDeploy, "", "8.0", {.status = absl::UnavailableError("down")});
  const std::string both = std::string(kBothAtOnce) + "version: '8.0' ";
  const v1::DeploymentState stopped =
      Run(Request(both + "on_failure { policy: FAILURE_POLICY_STOP }"));
  EXPECT_EQ(stopped.targets(0).attempts(), 1);
  FailProbes(false);
  ExpectBackAt7(FailNext());
}

TEST_F(KnownVersionsTest, WhatTheDaemonPutThereIsNotAskedAgainThoughALaterCallFailed) {
  StartWith(2);
  Run(Request());
  EXPECT_EQ(Probes(), 2);
  FailHealth("t1", "3.0");
  Run(Request("version: '3.0' on_failure { policy: FAILURE_POLICY_STOP }"));
  FailDeploy("t2", "4.0");
  const v1::DeploymentState state = Run(Request(std::string(kBothAtOnce) + "version: '4.0'"));
  EXPECT_EQ(state.targets(0).previous_version(), "3.0") << "unhealthy, and yet there";
  EXPECT_EQ(state.targets(1).previous_version(), "2.0");
  Run(Request("version: '5.0'"));
  EXPECT_EQ(Probes(), 2);
}

TEST_F(KnownVersionsTest, AServiceOfWhichOnePartWasDeployedIsMixed) {
  StartWith(2);
  const v1::DeploymentState state = Run(Request("targets { id: 't1' }"));
  EXPECT_EQ(state.status(), v1::STATUS_COMPLETED) << state.message();
  EXPECT_EQ(manager_->ListServices().services(0).fleet().consistency(),
            v1::FLEET_CONSISTENCY_MIXED);
}

}  // namespace
}  // namespace sluice
