// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Waits, gates and the progress deadline, on a clock that moves when the test says so.

#include "engine/control.h"

#include <atomic>
#include <chrono>
#include <future>
#include <utility>

#include "gtest/gtest.h"
#include "support/fake_clock.h"

namespace sluice {
namespace {

class ControlTest : public testing::Test {
 protected:
  // Runs `wait` on a thread of its own.
  template <typename Function>
  std::future<Interrupt> Begin(Function wait) {
    return std::async(std::launch::async, std::move(wait));
  }
  std::future<Interrupt> BeginWait(absl::Duration duration) {
    auto waiting = Begin([=, this] { return control_.Wait(duration); });
    clock_.AwaitTimedWait(duration);
    return waiting;
  }
  std::future<Interrupt> BeginGate() {
    control_.Pause();
    auto waiting = Begin([this] { return control_.Gate(); });
    clock_.AwaitUntimedWait();
    return waiting;
  }
  static bool IsOver(const std::future<Interrupt>& waiting) {
    return waiting.wait_for(std::chrono::milliseconds(20)) == std::future_status::ready;
  }

  FakeClock clock_;
  Control control_{clock_, absl::Minutes(1)};
};

TEST_F(ControlTest, WaitsAsLongAsItIsTold) {
  auto waiting = BeginWait(absl::Seconds(10));
  clock_.Advance(absl::Seconds(9));
  EXPECT_FALSE(IsOver(waiting));
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(waiting.get(), Interrupt::kNone);
}

TEST_F(ControlTest, APauseFreezesAWait) {
  auto waiting = BeginWait(absl::Seconds(10));
  clock_.Advance(absl::Seconds(4));
  clock_.AwaitTimedWait(absl::Seconds(6));
  control_.Pause();
  clock_.AwaitUntimedWait();
  clock_.Advance(absl::Hours(1));
  EXPECT_FALSE(IsOver(waiting));
  control_.Resume();
  clock_.AwaitTimedWait(absl::Seconds(6));
  clock_.Advance(absl::Seconds(5));
  EXPECT_FALSE(IsOver(waiting));
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(waiting.get(), Interrupt::kNone);
}

TEST_F(ControlTest, APromoteEndsThePresentWaitOnly) {
  auto first = BeginWait(absl::Hours(1));
  control_.Promote(false);
  EXPECT_EQ(first.get(), Interrupt::kNone);
  auto second = BeginWait(absl::Hours(1));
  EXPECT_FALSE(IsOver(second));
  control_.Promote(false);
  EXPECT_EQ(second.get(), Interrupt::kNone);
}

TEST_F(ControlTest, APromoteWhileNothingWaitsEndsNoLaterWait) {
  control_.Promote(false);
  auto waiting = BeginWait(absl::Seconds(10));
  EXPECT_FALSE(IsOver(waiting));
  clock_.Advance(absl::Seconds(10));
  EXPECT_EQ(waiting.get(), Interrupt::kNone);
}

TEST_F(ControlTest, AFullPromoteEndsAllWaitsAndGates) {
  auto first = BeginWait(absl::Hours(1));
  control_.Promote(true);
  EXPECT_EQ(first.get(), Interrupt::kNone);
  EXPECT_TRUE(control_.promoted_all());
  EXPECT_EQ(control_.Wait(absl::Hours(1)), Interrupt::kNone);
  control_.Pause();
  EXPECT_EQ(control_.Gate(), Interrupt::kNone);
}

TEST_F(ControlTest, EachGateNeedsAPromoteOfItsOwn) {
  auto first = BeginGate();
  control_.Promote(false);
  EXPECT_EQ(first.get(), Interrupt::kNone);
  EXPECT_FALSE(control_.paused());
  auto second = BeginGate();
  EXPECT_FALSE(IsOver(second));
  control_.Promote(false);
  EXPECT_EQ(second.get(), Interrupt::kNone);
}

TEST_F(ControlTest, APromoteBetweenTheAnnouncementAndTheWaitEndsIt) {
  control_.AnnounceWait();
  control_.Promote(false);
  EXPECT_EQ(control_.Wait(absl::Hours(1)), Interrupt::kNone);
  control_.Pause();
  control_.AnnounceWait();
  control_.Promote(false);
  EXPECT_EQ(control_.Gate(), Interrupt::kNone);
}

TEST_F(ControlTest, APauseRightAfterAPromoteIsKept) {
  for (int i = 0; i < 200; ++i) {
    auto gate = BeginGate();
    control_.Promote(false);
    control_.Pause();
    EXPECT_EQ(gate.get(), Interrupt::kNone);
    ASSERT_TRUE(control_.paused());
  }
}

TEST_F(ControlTest, APromotedGateLeavesTheNextWaitAlone) {
  auto gate = BeginGate();
  control_.Promote(false);
  EXPECT_EQ(gate.get(), Interrupt::kNone);
  auto waiting = BeginWait(absl::Hours(1));
  EXPECT_FALSE(IsOver(waiting));
  clock_.Advance(absl::Hours(1));
  EXPECT_EQ(waiting.get(), Interrupt::kNone);
}

TEST_F(ControlTest, AResumeEndsAGate) {
  auto waiting = BeginGate();
  control_.Resume();
  EXPECT_EQ(waiting.get(), Interrupt::kNone);
}

TEST_F(ControlTest, EveryReasonEndsAWaitAGateAndASafePoint) {
  for (const Interrupt reason : {Interrupt::kRollback, Interrupt::kAbort, Interrupt::kShutdown}) {
    auto waiting = BeginWait(absl::Hours(1));
    control_.Stop(reason);
    EXPECT_EQ(waiting.get(), reason);
    control_.BeginRollback();

    auto gate = BeginGate();
    control_.Stop(reason);
    EXPECT_EQ(gate.get(), reason);
    control_.BeginRollback();

    control_.Pause();
    auto safe_point = Begin([this] { return control_.SafePoint(); });
    EXPECT_FALSE(IsOver(safe_point));
    control_.Stop(reason);
    EXPECT_EQ(safe_point.get(), reason);
    control_.BeginRollback();
  }
}

TEST_F(ControlTest, TheStrongerReasonWins) {
  control_.Stop(Interrupt::kAbort);
  control_.Stop(Interrupt::kRollback);
  EXPECT_EQ(control_.interrupt(), Interrupt::kAbort);
  control_.Stop(Interrupt::kShutdown);
  EXPECT_EQ(control_.interrupt(), Interrupt::kShutdown);
}

TEST_F(ControlTest, CallsAreCancelledOnlyWhenTheRunIsInterrupted) {
  const std::stop_token token = control_.stop_token();
  control_.CancelCalls();
  EXPECT_FALSE(token.stop_requested());
  control_.Stop(Interrupt::kAbort);
  EXPECT_FALSE(token.stop_requested());
  control_.CancelCalls();
  EXPECT_TRUE(token.stop_requested());
}

TEST_F(ControlTest, TheWayBackStartsWithAFreshTokenAndNoInterrupt) {
  control_.Pause();
  control_.Promote(true);
  control_.Pause();
  control_.Stop(Interrupt::kRollback);
  control_.CancelCalls();
  control_.BeginRollback();
  EXPECT_FALSE(control_.stop_token().stop_requested());
  EXPECT_EQ(control_.interrupt(), Interrupt::kNone);
  EXPECT_FALSE(control_.paused());
  EXPECT_FALSE(control_.promoted_all());
  EXPECT_TRUE(control_.MayBeginCall());
}

TEST_F(ControlTest, CallsMayBeginUnlessPausedOrInterrupted) {
  EXPECT_TRUE(control_.MayBeginCall());
  control_.Pause();
  EXPECT_FALSE(control_.MayBeginCall());
  control_.Resume();
  EXPECT_TRUE(control_.MayBeginCall());
  control_.Stop(Interrupt::kAbort);
  EXPECT_FALSE(control_.MayBeginCall());
}

// A call that runs until the test, or its stop token, ends it.
class ControlWithACall : public ControlTest {
 protected:
  ControlWithACall() {
    waiting_ =
        Begin([this] { return control_.Await([this](Interrupt) { return running_ == 0; }); });
    clock_.AwaitTimedWait(absl::Minutes(1));
  }
  void EndCall() { control_.EndCall(running_); }

  std::atomic<int> running_{1};
  std::future<Interrupt> waiting_;
};

TEST_F(ControlWithACall, AwaitEndsWithTheCall) {
  EXPECT_FALSE(IsOver(waiting_));
  EndCall();
  EXPECT_EQ(waiting_.get(), Interrupt::kNone);
}

TEST_F(ControlWithACall, NoProgressUntilTheDeadlineCancelsTheCall) {
  const std::stop_token token = control_.stop_token();
  std::stop_callback end(token, [this] { EndCall(); });
  clock_.Advance(absl::Seconds(59));
  EXPECT_FALSE(IsOver(waiting_));
  EXPECT_FALSE(token.stop_requested());
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(waiting_.get(), Interrupt::kDeadline);
}

TEST_F(ControlWithACall, ProgressRestartsTheDeadline) {
  clock_.Advance(absl::Seconds(59));
  control_.Progress();
  clock_.Advance(absl::Seconds(59));
  EXPECT_FALSE(IsOver(waiting_));
  EXPECT_EQ(control_.interrupt(), Interrupt::kNone);
  EndCall();
  EXPECT_EQ(waiting_.get(), Interrupt::kNone);
}

TEST_F(ControlWithACall, APauseStopsTheDeadline) {
  control_.Pause();
  clock_.AwaitUntimedWait();
  clock_.Advance(absl::Hours(1));
  EXPECT_FALSE(IsOver(waiting_));
  EXPECT_EQ(control_.interrupt(), Interrupt::kNone);
  control_.Resume();
  clock_.AwaitTimedWait(absl::Minutes(1));
  clock_.Advance(absl::Seconds(59));
  EXPECT_EQ(control_.interrupt(), Interrupt::kNone);
  EndCall();
  EXPECT_EQ(waiting_.get(), Interrupt::kNone);
}

TEST_F(ControlWithACall, AnAbortIsReportedOnceTheCallHasEnded) {
  control_.Stop(Interrupt::kAbort);
  EXPECT_FALSE(IsOver(waiting_));
  EndCall();
  EXPECT_EQ(waiting_.get(), Interrupt::kAbort);
}

}  // namespace
}  // namespace sluice
