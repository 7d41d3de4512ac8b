// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Targets of which nobody knows what the daemon's end left on them.

#include <string>

#include "absl/strings/str_cat.h"
#include "engine/resume_fixture.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// The daemon ended while t1 was being deployed.
class UncertainTest : public ResumeTest {
 protected:
  std::string CrashWhileDeploying(const std::string& request) {
    Configure(2);
    StartDurable();
    HangDeploy("t1", "2.0");
    const std::string id = Deploy(Request(request));
    world_->AwaitCalls(CallKind::kDeploy, 1);
    Crash();
    world_->Script(CallKind::kDeploy, "t1", "2.0", {});
    return id;
  }
};

TEST_F(UncertainTest, ATargetThatWasNotDoneIsDeployedAgain) {
  const std::string id = CrashWhileDeploying("");
  StartDurable();
  const v1::DeploymentState state = RunToEnd(id);
  EXPECT_EQ(state.status(), v1::STATUS_COMPLETED);
  EXPECT_EQ(state.targets(0).attempts(), 2);
  EXPECT_THAT(Effects(), ElementsAre("t1=2.0", "t2=2.0"));
}

TEST_F(UncertainTest, ATargetThatWasDoneIsNot) {
  const std::string id = CrashWhileDeploying("");
  world_->SetVersion("t1", "2.0");
  StartDurable();
  const v1::DeploymentState state = RunToEnd(id);
  EXPECT_EQ(state.status(), v1::STATUS_COMPLETED);
  EXPECT_EQ(state.targets(0).attempts(), 1);
  EXPECT_THAT(Effects(), ElementsAre("t2=2.0"));
}

TEST_F(UncertainTest, AnIntentIsDurableBeforeTheTargetIsTouched) {
  Configure(1);
  StartDurable();
  bool was_known = true;
  world_->SetWitness([&](const WorldCall& call) {
    if (call.kind != CallKind::kDeploy) return;
    const StoreChange stored = *store_->Load();
    const v1::TargetState& target = stored.records.at("d1").state->targets(0);
    was_known = was_known && target.attempts() == 1;
  });
  EXPECT_EQ(Run(Request()).status(), v1::STATUS_COMPLETED);
  EXPECT_TRUE(was_known);
}

TEST_F(UncertainTest, PauseAsksAPerson) {
  const std::string id = CrashWhileDeploying("on_failure { on_uncertain: UNCERTAIN_POLICY_PAUSE }");
  StartDurable();
  v1::DeploymentState state = AwaitStatus(id, v1::STATUS_PAUSED);
  EXPECT_THAT(state.message(), HasSubstr("not known: t1"));
  EXPECT_EQ(state.targets(0).phase(), v1::TARGET_PHASE_UNCERTAIN);
  EXPECT_EQ(Deploys().size(), 1u);
  Restart();  // Asked once is enough.
  ASSERT_TRUE(Resume(id).ok());
  EXPECT_EQ(RunToEnd(id).status(), v1::STATUS_COMPLETED);
}

TEST_F(UncertainTest, RollbackTakesItBack) {
  const std::string id =
      CrashWhileDeploying("on_failure { on_uncertain: UNCERTAIN_POLICY_ROLLBACK }");
  StartDurable();
  const v1::DeploymentState state = RunToEnd(id);
  EXPECT_EQ(state.status(), v1::STATUS_ROLLED_BACK);
  EXPECT_EQ(state.reason(), v1::REASON_UNCERTAIN);
  EXPECT_THAT(Versions(), ElementsAre("1.0", "1.0"));
}

TEST_F(UncertainTest, RollbackTakesItBackWhateverFollowsAFailure) {
  for (const std::string policy : {"FAILURE_POLICY_STOP", "FAILURE_POLICY_CONTINUE"}) {
    world_ = std::make_shared<FakeWorld>(clock_);
    store_ = nullptr;
    const std::string id = CrashWhileDeploying(absl::StrCat(
        "on_failure { on_uncertain: UNCERTAIN_POLICY_ROLLBACK policy: ", policy, " }"));
    StartDurable();
    const v1::DeploymentState state = RunToEnd(id);
    EXPECT_EQ(state.status(), v1::STATUS_ROLLED_BACK) << policy << ": " << state.message();
    EXPECT_THAT(Versions(), ElementsAre("1.0", "1.0")) << policy;
    Crash();
  }
}

// Shut down in order: calls are cancelled, and what is recorded of them is durable.

class ShutdownTest : public ResumeTest {
 protected:
  void ShutDown() {
    ASSERT_EQ(manager_->Drain(absl::ZeroDuration(), absl::InfiniteDuration()), 0u);
    ASSERT_TRUE(registry_->AwaitDurable().ok());
    Crash();
  }
};

TEST_F(ShutdownTest, ACancelledCallThatWasDoneAllTheSameIsNoError) {
  Configure(1);
  StartDurable();
  HangDeploy("t1", "2.0");
  const std::string id = Deploy(Request());
  world_->AwaitCalls(CallKind::kDeploy, 1);
  ShutDown();
  world_->SetVersion("t1", "2.0");
  StartDurable();
  const v1::DeploymentState state = RunToEnd(id);
  EXPECT_EQ(state.status(), v1::STATUS_COMPLETED);
  EXPECT_EQ(state.targets(0).error(), "");
  EXPECT_EQ(Deploys().size(), 1u);
}

TEST_F(ShutdownTest, TargetsThatCouldNotBeAskedAreAskedAgain) {
  Configure(2);
  world_->SetVersion("t1", "1.5");
  world_->SetVersion("t2", "1.5");
  world_->Script(CallKind::kRunningVersion, "t2", "", {.hangs = true});
  StartDurable();
  const std::string id = Deploy(Request());
  world_->AwaitCalls(CallKind::kRunningVersion, 2);
  ShutDown();
  world_->Script(CallKind::kRunningVersion, "t2", "", {});
  StartDurable();
  const v1::DeploymentState state = RunToEnd(id);
  EXPECT_EQ(state.targets(0).previous_version(), "1.5");
  EXPECT_EQ(state.targets(1).previous_version(), "1.5");
  EXPECT_EQ(state.previous_version(), "1.5");
}

}  // namespace
}  // namespace sluice
