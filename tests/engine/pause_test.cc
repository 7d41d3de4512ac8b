// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// What a pause promises: no further call begins before somebody lets it go on, whatever happens
// meanwhile; and a wait that it meets is frozen, also one that is only about to begin.

#include <atomic>
#include <string>
#include <thread>

#include "absl/strings/match.h"
#include "engine/resume_fixture.h"
#include "engine/runner.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;

class PauseTest : public ResumeTest {
 protected:
  // t1 is done; t2's call runs for ten seconds and fails, and a pause comes before its end.
  std::string PauseBeforeAFailure(const std::string& request = "") {
    world_->Script(CallKind::kDeploy, "t2", "2.0",
                   {.status = absl::UnknownError("no"), .takes = absl::Seconds(10)});
    const std::string id = Deploy(Request(request));
    world_->AwaitCalls(CallKind::kDeploy, 2);
    EXPECT_TRUE(Pause(id).ok());
    return id;
  }
  void LetItFail(const std::string& id) {
    clock_.AwaitTimedWait(absl::Seconds(10));
    clock_.Advance(absl::Seconds(10));
    Await(id, [](const v1::DeploymentState& state) {
      return state.plan().steps(1).status() == v1::STEP_STATUS_FAILED && !state.pausing();
    });
    clock_.Advance(absl::Hours(1));
  }
};

TEST_F(PauseTest, TellsThatItPausesUntilTheCallsHaveEnded) {
  StartWith(3);
  world_->Script(CallKind::kDeploy, "t1", "2.0", {.takes = absl::Seconds(10)});
  const std::string id = Deploy(Request());
  world_->AwaitCalls(CallKind::kDeploy, 1);
  ASSERT_TRUE(Pause(id).ok());
  EXPECT_TRUE(Get(id).pausing());
  clock_.AwaitTimedWait(absl::Seconds(10));
  clock_.Advance(absl::Seconds(10));
  Await(id, [](const v1::DeploymentState& state) { return !state.pausing(); });
  EXPECT_EQ(Get(id).status(), v1::STATUS_PAUSED);
  EXPECT_EQ(Get(id).targets(0).phase(), v1::TARGET_PHASE_SUCCEEDED);
  ASSERT_TRUE(Resume(id).ok());
  EXPECT_EQ(AwaitEnd(id).status(), v1::STATUS_COMPLETED);
}

TEST_F(PauseTest, WithoutCallsItIsPausedAtOnce) {
  StartWith(2);
  const std::string id =
      Deploy(Request("strategy { rolling_deployment { batch_size: 1 delay_seconds: 60 } }"));
  AwaitWait(id);
  ASSERT_TRUE(Pause(id).ok());
  EXPECT_FALSE(Get(id).pausing());
}

TEST_F(PauseTest, AFailureIsNotTakenBackBeforeTheResume) {
  StartWith(3);
  const std::string id = PauseBeforeAFailure();
  LetItFail(id);
  EXPECT_EQ(Get(id).status(), v1::STATUS_PAUSED);
  EXPECT_THAT(Deploys(), ElementsAre("t1=2.0", "t2=2.0"));
  ASSERT_TRUE(Resume(id).ok());
  const v1::DeploymentState state = AwaitEnd(id);
  EXPECT_EQ(state.status(), v1::STATUS_ROLLED_BACK);
  EXPECT_EQ(state.reason(), v1::REASON_DEPLOY_FAILED);
  EXPECT_THAT(Versions(), Each("1.0"));
}

TEST_F(PauseTest, AFailureThatWaitsForTheResumeDoesSoAcrossARestart) {
  Configure(3);
  StartDurable();
  const std::string id = PauseBeforeAFailure();
  LetItFail(id);
  Restart();
  EXPECT_EQ(Get(id).status(), v1::STATUS_PAUSED);
  ASSERT_TRUE(Resume(id).ok());
  const v1::DeploymentState state = RunToEnd(id);
  EXPECT_EQ(state.status(), v1::STATUS_ROLLED_BACK);
  EXPECT_EQ(state.reason(), v1::REASON_DEPLOY_FAILED);
}

TEST_F(PauseTest, AFailureThatWaitsForTheResumeIsAbortedAndRolledBackLikeAnyOther) {
  for (const bool is_abort : {true, false}) {
    world_ = std::make_shared<FakeWorld>(clock_);
    manager_.reset();
    StartWith(3);
    const std::string id = PauseBeforeAFailure();
    LetItFail(id);
    ASSERT_TRUE((is_abort ? Abort(id) : Rollback(id)).ok());
    EXPECT_EQ(AwaitEnd(id).status(), is_abort ? v1::STATUS_FAILED : v1::STATUS_ROLLED_BACK);
    EXPECT_EQ(Deploys().size(), is_abort ? 2u : 4u);
  }
}

TEST_F(PauseTest, WhatStopsAtAFailureNeedsNoResume) {
  StartWith(3);
  const std::string id = PauseBeforeAFailure("on_failure { policy: FAILURE_POLICY_STOP }");
  clock_.AwaitTimedWait(absl::Seconds(10));
  clock_.Advance(absl::Seconds(10));
  EXPECT_EQ(AwaitEnd(id).status(), v1::STATUS_FAILED);
}

// A record in memory that is paused as its wait step begins: after the look at the pause, before
// the wait is in the record.
class PausedAsItBegins final : public Record {
 public:
  PausedAsItBegins(v1::DeploymentState state, Control& control)
      : state_(std::move(state)), control_(control) {}

  absl::Status Update(absl::FunctionRef<absl::Status(v1::DeploymentState&)> change) override {
    MutexLock lock(mutex_);
    const absl::Status status = change(state_);
    if (!is_paused_ && state_.plan().steps(0).status() == v1::STEP_STATUS_RUNNING) {
      is_paused_ = true;
      state_.set_status(v1::STATUS_PAUSED);
      control_.Pause();
    }
    return status;
  }
  void Read(absl::FunctionRef<void(const v1::DeploymentState&)> read) const override {
    MutexLock lock(mutex_);
    read(state_);
  }
  absl::Status AwaitDurable() override { return absl::OkStatus(); }

 private:
  mutable Mutex mutex_;
  v1::DeploymentState state_;
  Control& control_;
  bool is_paused_ = false;
};

TEST(PausedWait, ThatIsOnlyAboutToBeginIsFrozen) {
  FakeClock clock;
  Control control(clock, absl::InfiniteDuration());
  v1::DeploymentState state;
  state.set_status(v1::STATUS_IN_PROGRESS);
  state.mutable_plan()->add_steps()->mutable_wait()->mutable_duration()->set_seconds(20);
  PausedAsItBegins record(state, control);
  const ServicePorts ports;
  WorkerPool in_caller(clock, {.name = "test"});
  std::thread run([&] { Runner({record, control, ports, in_caller, clock}, {}).Run(); });
  clock.AwaitUntimedWait();
  record.Read([](const v1::DeploymentState& now) {
    EXPECT_EQ(now.plan().steps(0).wait_left().seconds(), 20);
    EXPECT_FALSE(now.plan().steps(0).has_wait_until());
  });
  control.Stop(Interrupt::kAbort);
  run.join();
}

}  // namespace
}  // namespace sluice
