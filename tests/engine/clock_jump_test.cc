// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Deployments while the wall clock is set: their waits, and the times in their records.

#include <string>
#include <vector>

#include "base/timestamp.h"
#include "engine/engine_fixture.h"
#include "gtest/gtest.h"
#include "strategy/deployment_state.h"

namespace sluice {
namespace {

constexpr absl::Duration kDelay = absl::Seconds(60);

struct Jump {
  std::string name;
  absl::Duration by;  // infinite: to 1970
};

void Set(FakeClock& clock, const Jump& jump) {
  if (jump.by == -absl::InfiniteDuration()) return clock.SetWall(absl::UnixEpoch());
  clock.JumpWall(jump.by);
}

class ClockJumpTest : public EngineTest, public testing::WithParamInterface<Jump> {
 protected:
  // A deployment of two targets in the wait between them.
  std::string Begin() {
    Configure(2);
    StartDurable();
    const std::string id = Deploy(Request("strategy { rolling_deployment { delay_seconds: 60 } }"));
    AwaitWait(id);
    return id;
  }

  v1::Step AwaitWait(const std::string& id, absl::Duration left = kDelay) {
    v1::Step waiting;
    Await(id, [&](const v1::DeploymentState& state) {
      if (state.current_step() < state.plan().steps_size()) {
        waiting = state.plan().steps(state.current_step());
      }
      return waiting.has_wait_until();
    });
    clock_.AwaitTimedWait(left);
    return waiting;
  }

  void Restart() {
    Crash();
    StartDurable();
  }

  // So many seconds pass; then the second target is still untouched.
  void PassWithin(int seconds) {
    clock_.Advance(absl::Seconds(seconds));
    EXPECT_EQ(Deploys().size(), 1u);
  }

  // The wait ends after `seconds` more and no sooner; all times have their order.
  v1::DeploymentState PassToTheEnd(const std::string& id, int seconds) {
    clock_.AwaitTimedWait(absl::Seconds(seconds));
    PassWithin(seconds - 1);
    clock_.Advance(absl::Seconds(1));
    v1::DeploymentState state = AwaitEnd(id);
    EXPECT_EQ(state.status(), v1::STATUS_COMPLETED) << state.message();
    EXPECT_EQ(absl::Milliseconds(state.result().duration_ms()), kDelay);
    CheckOrder(state);
    return state;
  }

  static void CheckOrder(const v1::DeploymentState& state) {
    absl::Time last = FromTimestamp(state.create_time());
    const auto follows = [&last](const google::protobuf::Timestamp& time) {
      EXPECT_GE(FromTimestamp(time), last) << FromTimestamp(time) << " after " << last;
      last = FromTimestamp(time);
    };
    follows(state.start_time());
    for (const v1::Step& step : state.plan().steps()) {
      follows(step.start_time());
      follows(step.end_time());
      if (!step.has_wait()) continue;
      EXPECT_EQ(FromTimestamp(step.end_time()) - FromTimestamp(step.start_time()), kDelay);
    }
    follows(state.end_time());
    for (const v1::TargetState& target : state.targets()) {
      EXPECT_LE(FromTimestamp(state.start_time()), FromTimestamp(target.start_time()));
      EXPECT_LE(FromTimestamp(target.start_time()), FromTimestamp(target.end_time()));
      EXPECT_LE(FromTimestamp(target.end_time()), FromTimestamp(state.end_time()));
    }
  }
};

TEST_P(ClockJumpTest, T19AWaitIsAsLongAsPlanned) {
  const std::string id = Begin();
  PassWithin(20);
  Set(clock_, GetParam());
  PassToTheEnd(id, 40);
}

TEST_P(ClockJumpTest, T19AWaitIsAsLongAsPlannedAcrossARestart) {
  const std::string id = Begin();
  PassWithin(20);
  Set(clock_, GetParam());
  Restart();
  PassToTheEnd(id, 40);
}

TEST_P(ClockJumpTest, T19AJumpWhileTheDaemonIsDownShortensNothing) {
  const std::string id = Begin();
  PassWithin(20);
  Crash();
  Set(clock_, GetParam());
  clock_.Advance(absl::Seconds(10));  // which count
  StartDurable();
  PassToTheEnd(id, 30);
}

TEST_P(ClockJumpTest, T19APausedWaitKeepsWhatWasLeft) {
  const std::string id = Begin();
  PassWithin(20);
  ASSERT_TRUE(Pause(id).ok());
  AwaitStatus(id, v1::STATUS_PAUSED);
  Set(clock_, GetParam());
  Restart();
  AwaitStatus(id, v1::STATUS_PAUSED);
  ASSERT_TRUE(Resume(id).ok());
  const v1::Step waiting = AwaitWait(id, absl::Seconds(40));
  EXPECT_EQ(FromTimestamp(waiting.wait_until()) - FromTimestamp(waiting.start_time()), kDelay);
  PassToTheEnd(id, 40);
}

TEST_P(ClockJumpTest, T19ARollbackOfWhatHasEndedComesAfterIt) {
  const std::string id = Begin();
  const v1::DeploymentState before = PassToTheEnd(id, 60);
  Set(clock_, GetParam());
  ASSERT_TRUE(Rollback(id).ok());
  ASSERT_TRUE(registry_->AwaitDurable().ok());
  const v1::DeploymentState after = RunToEnd(id);
  EXPECT_EQ(after.status(), v1::STATUS_ROLLED_BACK);
  EXPECT_GE(FromTimestamp(after.end_time()), FromTimestamp(before.end_time()));
  for (const v1::Step& step : after.plan().steps()) {
    EXPECT_GE(FromTimestamp(step.start_time()), FromTimestamp(before.end_time()));
    EXPECT_GE(FromTimestamp(step.end_time()), FromTimestamp(step.start_time()));
  }
}

// Then the wall clock alone tells how long it took: no time in the record goes back, and no wait is
// longer than planned.
TEST_P(ClockJumpTest, T19AfterARebootTheTimesKeepTheirOrder) {
  const std::string id = Begin();
  PassWithin(20);
  Crash();
  Set(clock_, GetParam());
  clock_.Reboot();
  StartDurable();
  const v1::DeploymentState state = RunToEnd(id);
  EXPECT_EQ(state.status(), v1::STATUS_COMPLETED);
  EXPECT_LE(FromTimestamp(state.start_time()), FromTimestamp(state.end_time()));
  for (const v1::Step& step : state.plan().steps()) {
    EXPECT_LE(FromTimestamp(step.start_time()), FromTimestamp(step.end_time()));
  }
}

TEST_P(ClockJumpTest, T19ARequestIdIsKeptForADayAllTheSame) {
  Configure(1);
  StartDurable();
  const v1::DeployRequest request = Request("request_id: 'build-7'");
  const std::string id = Run(request).id();
  Set(clock_, GetParam());
  Run(Request("request_id: 'build-8' version: '3.0'"));
  EXPECT_EQ(Deploy(request), id);
}

TEST_F(ClockJumpTest, TheNextDeploymentHasTheNewTime) {
  Begin();
  clock_.JumpWall(absl::Hours(24));
  const absl::Time now = clock_.Now();
  ASSERT_TRUE(Abort("d1").ok());
  EXPECT_LT(FromTimestamp(AwaitEnd("d1").end_time()), now);
  const v1::DeploymentState next = Run(Request("version: '3.0'"));
  EXPECT_GE(FromTimestamp(next.create_time()), now);
  EXPECT_FALSE(next.has_time_base());
}

INSTANTIATE_TEST_SUITE_P(Jumps, ClockJumpTest,
                         testing::Values(Jump{"ADayAhead", absl::Hours(25)},
                                         Jump{"ADayBack", absl::Hours(-25)},
                                         Jump{"To1970", -absl::InfiniteDuration()},
                                         Jump{"AnHourAhead", absl::Hours(1)},
                                         Jump{"AnHourBack", absl::Hours(-1)}),
                         [](const testing::TestParamInfo<Jump>& jump) { return jump.param.name; });

}  // namespace
}  // namespace sluice
