// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "client/view/deployment_view.h"
#include "client/view/header.h"

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "client/states.h"
#include "client/text.h"
#include "client/view/plan_targets.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::client {
namespace {

using ::testing::Contains;
using ::testing::ContainsRegex;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::vector<std::string> Page(const v1::DeploymentState& state, int width, int height) {
  return Texts(RenderDeployment(state, {TestTime(), width, height, false}), width);
}

TEST(DeploymentViewTest, ShowsHeaderStepsAndTargets) {
  v1::DeploymentState state = RollingState(3, 2);
  state.mutable_targets(0)->set_phase(v1::TARGET_PHASE_SUCCEEDED);
  state.mutable_targets(0)->set_health(v1::TARGET_HEALTH_HEALTHY);
  state.mutable_targets(1)->set_phase(v1::TARGET_PHASE_CHECKING_HEALTH);
  EXPECT_THAT(Page(state, 80, 0),
              ElementsAre("Deployment:  3f2a9c1d",                                    //
                          "Service:     web",                                         //
                          "Version:     v2 (before: v1)",                             //
                          "Strategy:    rolling",                                     //
                          "Status:      ◷ in_progress",                               //
                          "Step:        1/2 batch 1",                                 //
                          "Elapsed:     10s",                                         //
                          "Targets:     ██████████░░░░░░░░░░░░░░░░░░░░ 1/3 updated",  //
                          "",                                                         //
                          "├─ ◷ batch 1 ◀                     10s",                   //
                          "│  ├─ ✔ web-1            succeeded, healthy",              //
                          "│  └─ ◷ web-2            checking health",                 //
                          "└─ ◌ batch 2",                                             //
                          "   └─ ◌ web-3            waiting"));
}

TEST(DeploymentViewTest, NamesTheStrategyAsTheFlagDoes) {
  v1::DeploymentState state = RollingState(1, 1);
  state.set_strategy("canary");
  EXPECT_THAT(Page(state, 80, 0), Contains("Strategy:    canary"));
  state.mutable_strategy_options()->mutable_canary_strategy();
  EXPECT_THAT(Page(state, 80, 0), Contains("Strategy:    canary_strategy"));
  state.mutable_strategy_options()->mutable_canary_deployment();
  EXPECT_THAT(Page(state, 80, 0), Contains("Strategy:    canary"));
}

TEST(DeploymentViewTest, TellsWhyAVerbCameAsItsReason) {
  v1::DeploymentState state = RollingState(1, 1);
  state.set_control_reason("lunch");
  EXPECT_THAT(Texts(RenderDeployment(state, {TestTime(), 80, 0, /*wide=*/true})),
              Contains("Verb reason: lunch"));
}

TEST(DeploymentViewTest, CountsAWaitDown) {
  v1::DeploymentState state = RollingState(1, 1);
  v1::Step& step = *state.mutable_plan()->add_steps();
  step.mutable_wait()->mutable_duration()->set_seconds(60);
  step.set_status(v1::STEP_STATUS_RUNNING);
  *step.mutable_wait_until() = ToTimestamp(TestTime() + absl::Milliseconds(3500));
  state.set_current_step(1);
  EXPECT_THAT(absl::StrJoin(Page(state, 80, 0), "\n"), HasSubstr("wait 1m"));
  EXPECT_THAT(absl::StrJoin(Page(state, 80, 0), "\n"), ContainsRegex("◀ +4s left"));
}

TEST(DeploymentViewTest, ShowsWhyATargetFailsAndItsLastWords) {
  v1::DeploymentState state = RollingState(2, 2);
  Fail(*state.mutable_targets(1), "exit code 1", "starting\nport 80 is \x1b[31mtaken\x1b[0m\n\n");
  const std::string page = absl::StrJoin(Page(state, 80, 0), "\n");
  EXPECT_THAT(page, HasSubstr("✖ web-2            failed: exit code 1\n        port 80 is taken"));
  EXPECT_THAT(page, HasSubstr("0/2 updated, 1 failed"));
}

TEST(DeploymentViewTest, TellsWhatAFailingTargetSaidOnlyOnce) {
  v1::DeploymentState state = RollingState(2, 2);
  Fail(*state.mutable_targets(0), "agent: port 80 is taken", "port 80 is taken\n");
  Fail(*state.mutable_targets(1), "", "");
  state.mutable_targets(1)->set_last_check("503 Service Unavailable");
  const std::string page = absl::StrJoin(Page(state, 80, 0), "\n");
  EXPECT_THAT(page, HasSubstr("✖ web-1            failed: agent: port 80 is taken\n"
                              "   └─ ✖ web-2            failed: 503 Service Unavailable"));
}

TEST(DeploymentViewTest, KeepsFailingAndActiveTargetsWhenThereIsNoRoom) {
  v1::DeploymentState state = RollingState(40, 40);
  Fail(*state.mutable_targets(30), "exit code 1", "");
  state.mutable_targets(35)->set_phase(v1::TARGET_PHASE_DEPLOYING);
  const std::vector<std::string> page = Page(state, 80, 23);
  EXPECT_LE(page.size(), 23u);
  ASSERT_GT(page.size(), 12u);
  EXPECT_THAT(page[10], HasSubstr("web-31"));
  EXPECT_THAT(page[10], HasSubstr("exit code 1"));
  EXPECT_THAT(page[11], HasSubstr("web-36"));
  EXPECT_THAT(page, Contains("   └─ … and 28 more"));
}

TEST(DeploymentViewTest, FoldsFinishedBatchesBeforeThePresentOne) {
  v1::DeploymentState state = RollingState(60, 3);
  state.set_current_step(10);
  state.mutable_plan()->mutable_steps(10)->set_status(v1::STEP_STATUS_RUNNING);
  state.mutable_targets(30)->set_phase(v1::TARGET_PHASE_DEPLOYING);
  const std::vector<std::string> page = Page(state, 80, 23);
  EXPECT_LE(page.size(), 23u);
  EXPECT_THAT(page, Contains(HasSubstr("batch 11")));
  EXPECT_THAT(page, Contains(HasSubstr("web-31")));
  EXPECT_THAT(page, Contains(HasSubstr("more before")));
  EXPECT_THAT(page, Contains(HasSubstr("more after")));
  EXPECT_THAT(page, Contains(HasSubstr("batch 10  (3 targets)")));
}

TEST(DeploymentViewTest, ALowTerminalStillShowsThePresentStep) {
  v1::DeploymentState state = RollingState(60, 3);
  state.set_current_step(10);
  state.mutable_plan()->mutable_steps(10)->set_status(v1::STEP_STATUS_RUNNING);
  state.set_message(std::string(300, 'm'));
  Fail(*state.mutable_targets(30), "broken", "");
  const std::vector<std::string> page = Page(state, 40, 11);
  EXPECT_THAT(page, Contains(HasSubstr("3f2a9c1d web v2")));
  EXPECT_THAT(page, Contains(HasSubstr("batch 11 ◀")));
  EXPECT_THAT(page, Contains(HasSubstr("web-31")));
}

TEST(DeploymentViewTest, FitsEveryTerminal) {
  v1::DeploymentState state = RollingState(200, 7);
  state.set_current_step(20);
  state.set_message(std::string(300, 'm'));
  for (int i = 0; i < 200; i += 3) Fail(*state.mutable_targets(i), "broken", "last words");
  for (int width : {1, 10, 40, 80, 200}) {
    for (int height : {1, 2, 5, 12, 23, 60, 1000}) {
      const std::vector<std::string> page = Page(state, width, height);
      EXPECT_LE(static_cast<int>(page.size()), height);
      for (const std::string& line : page) EXPECT_LE(DisplayWidth(line), width) << line;
    }
  }
}

TEST(DeploymentViewTest, ShowsPercentageStagesWithTheirTargets) {
  v1::DeploymentState state = RollingState(4, 4);
  state.mutable_plan()->clear_steps();
  for (double percentage : {25.0, 100.0}) {
    state.mutable_plan()->add_steps()->mutable_deploy_targets()->set_up_to_percentage(percentage);
  }
  const std::vector<std::string> page = Page(state, 80, 0);
  EXPECT_THAT(page, Contains("├─ ◌ deploy up to 25% of the targets ◀"));
  EXPECT_THAT(page, Contains("│  └─ ◌ web-1            waiting"));
  EXPECT_THAT(page, Contains("   ├─ ◌ web-2            waiting"));
}

TEST(DeploymentViewTest, ShowsUnderAStageWhatItTouchesOrWill) {
  v1::DeploymentState state = RollingState(10, 10);
  state.mutable_plan()->clear_steps();
  for (double percentage : {10.0, 50.0, 70.0}) {
    state.mutable_plan()->add_steps()->mutable_deploy_targets()->set_up_to_percentage(percentage);
  }
  for (int i = 0; i < 3; ++i) state.mutable_targets(i)->mutable_target()->set_version("v2");
  state.mutable_plan()->mutable_steps(0)->set_status(v1::STEP_STATUS_DONE);
  state.mutable_plan()->mutable_steps(1)->set_status(v1::STEP_STATUS_RUNNING);
  state.set_current_step(1);
  state.mutable_targets(4)->set_step(1);
  state.mutable_targets(4)->set_phase(v1::TARGET_PHASE_DEPLOYING);
  const auto of_steps = TargetsOfSteps(state);
  EXPECT_THAT(of_steps, ElementsAre(ElementsAre(), ElementsAre(3, 4), ElementsAre(5, 6)));
  EXPECT_THAT(TargetsOfNoStep(state, of_steps), ElementsAre(0, 1, 2, 7, 8, 9));
  EXPECT_THAT(Page(state, 80, 0), Contains("   ├─ ◌ web-1            not touched"));
}

TEST(DeploymentViewTest, AStageMakesUpForWhatFailedBeforeIt) {
  v1::DeploymentState state = RollingState(4, 4);
  state.mutable_plan()->clear_steps();
  for (double percentage : {25.0, 50.0}) {
    state.mutable_plan()->add_steps()->mutable_deploy_targets()->set_up_to_percentage(percentage);
  }
  state.mutable_plan()->mutable_steps(0)->set_status(v1::STEP_STATUS_DONE);
  state.mutable_targets(0)->set_step(0);
  Fail(*state.mutable_targets(0), "unhealthy", "");
  EXPECT_THAT(TargetsOfSteps(state), ElementsAre(ElementsAre(0), ElementsAre(1, 2)));
}

TEST(DeploymentViewTest, ShowsATargetOfSeveralBatchesWhereItWasTouchedLast) {
  v1::DeploymentState state = RollingState(2, 1);
  for (v1::Step& step : *state.mutable_plan()->mutable_steps()) {
    step.set_status(v1::STEP_STATUS_DONE);
    step.mutable_deploy_targets()->clear_target_ids();
    for (const char* id : {"web-1", "web-2"}) step.mutable_deploy_targets()->add_target_ids(id);
  }
  state.mutable_targets(0)->set_step(0);
  EXPECT_THAT(TargetsOfSteps(state), ElementsAre(ElementsAre(0), ElementsAre(1)));
}

TEST(DeploymentViewTest, CountsOnlyTouchedTargetsOnTheWayBack) {
  v1::DeploymentState state = RollingState(5, 1);
  state.set_phase(v1::PHASE_ROLLING_BACK);
  state.set_reason(v1::REASON_UNHEALTHY_TARGET);
  state.mutable_targets(0)->set_phase(v1::TARGET_PHASE_ROLLED_BACK);
  Fail(*state.mutable_targets(1), "unhealthy", "");
  const std::vector<std::string> page = Page(state, 80, 0);
  EXPECT_THAT(page, Contains(HasSubstr("1/2 back, 1 failed")));
  EXPECT_THAT(page, Contains("Status:      ◷ in_progress, rolling back (unhealthy target)"));
}

TEST(DeploymentViewTest, CountsTheTimeOfARollbackThatWasAskedForFromItsBegin) {
  v1::DeploymentState state = RollingState(2, 2);
  *state.mutable_start_time() = ToTimestamp(TestTime() - absl::Hours(50));
  state.set_phase(v1::PHASE_ROLLING_BACK);
  state.set_reason(v1::REASON_ROLLBACK_REQUESTED);
  EXPECT_THAT(Page(state, 80, 0), Contains("Elapsed:     10s"));
  state.mutable_plan()->mutable_steps(0)->clear_start_time();
  EXPECT_THAT(Page(state, 80, 0), Not(Contains(HasSubstr("Elapsed:"))));
}

TEST(DeploymentViewTest, CountsTheTimeOfAFailureWithItsWayBack) {
  v1::DeploymentState state = RollingState(2, 2);
  *state.mutable_start_time() = ToTimestamp(TestTime() - absl::Minutes(2));
  state.set_phase(v1::PHASE_ROLLING_BACK);
  state.set_reason(v1::REASON_UNHEALTHY_TARGET);
  EXPECT_THAT(Page(state, 80, 0), Contains("Elapsed:     2m"));
  // It had completed before: it was taken back later, and that failed.
  state.mutable_result()->set_success(true);
  state.set_reason(v1::REASON_ROLLBACK_FAILED);
  EXPECT_THAT(Page(state, 80, 0), Contains("Elapsed:     10s"));
}

TEST(DeploymentViewTest, StillTellsWhatATargetSaidThatWasBroughtBack) {
  v1::DeploymentState state = RollingState(40, 1);
  state.set_status(v1::STATUS_ROLLED_BACK);
  state.set_phase(v1::PHASE_ROLLING_BACK);
  state.mutable_plan()->mutable_steps()->DeleteSubrange(1, 39);
  state.set_current_step(1);
  state.mutable_targets(0)->set_phase(v1::TARGET_PHASE_ROLLED_BACK);
  state.mutable_targets(0)->set_output("port 80 is taken\n");
  const std::vector<std::string> page = Page(state, 80, 23);
  EXPECT_THAT(page, Contains("│  └─ ↩ web-1            rolled back"));
  EXPECT_THAT(page, Contains("│       before it was rolled back: port 80 is taken"));
  EXPECT_THAT(page, Contains("   ├─ ◌ web-2            not touched"));
}

TEST(DeploymentViewTest, SaysThatNothingIsDeployedOnTheWayBackOfASwitch) {
  v1::DeploymentState state = RollingState(3, 3);
  state.set_phase(v1::PHASE_ROLLING_BACK);
  state.mutable_plan()->clear_steps();
  state.mutable_plan()->add_steps()->mutable_switch_traffic()->set_slot("blue");
  const std::vector<std::string> page = Page(state, 80, 0);
  EXPECT_THAT(page, Not(Contains(HasSubstr("Targets:"))));
  EXPECT_THAT(page, Contains(HasSubstr("Traffic:")));
}

TEST(DeploymentViewTest, ShowsTheWholeMessageBelowEachOther) {
  v1::DeploymentState state = RollingState(1, 1);
  state.set_message(
      "target web-1: not healthy after 3s: the connection was refused again and again");
  const std::vector<std::string> page = Page(state, 60, 24);
  EXPECT_THAT(page, Contains("Message:     target web-1: not healthy after 3s: the"));
  EXPECT_THAT(page, Contains("             connection was refused again and again"));
  EXPECT_THAT(Page(state, 0, 0), Contains("Message:     " + state.message()));
}

// As it is left on a small terminal.
v1::DeploymentState FailedForLongReasons() {
  v1::DeploymentState state = RollingState(30, 1);
  state.set_status(v1::STATUS_FAILED);
  state.set_message("target web-5: the deployer's command ended with exit code 1 after 3 seconds");
  state.set_current_step(4);
  Fail(*state.mutable_targets(4), "the deployer's command ended with exit code 1 after 3 seconds",
       "starting\nbind to port 80: address already in use by another process\n");
  return state;
}

TEST(DeploymentViewTest, TellsOnAWholePageWhyItFailedInFull) {
  const v1::DeploymentState state = FailedForLongReasons();
  const auto lines = RenderDeployment(state, {TestTime(), 40, 11, false, /*whole=*/true});
  EXPECT_THAT(Texts(lines), ElementsAre("Deployment:  3f2a9c1d web v2 (before: v1)",  //
                                        "Status:      ✖ failed",                      //
                                        "Message:     target web-5: the",             //
                                        "             deployer's command ended",      //
                                        "             with exit code 1 after 3",
                                        "             seconds",                            //
                                        "Targets:     ░░░░░░░░░░ 0/30 updated, 1 failed",  //
                                        "",                                                //
                                        "├─ … and 4 more before",                          //
                                        "├─ ◌ batch 5",                                    //
                                        "│  └─ ✖ web-5            failed",                 //
                                        "│       the deployer's command ended",            //
                                        "│       with exit code 1 after 3 seconds",
                                        "│       bind to port 80: address already",  //
                                        "│       in use by another process",         //
                                        "└─ … and 25 more after"));
}

TEST(DeploymentViewTest, WrapsNothingOfAWholePageThatFits) {
  v1::DeploymentState state = RollingState(2, 2);
  Fail(*state.mutable_targets(1), "exit code 1", "port 80 is taken");
  EXPECT_EQ(Texts(RenderDeployment(state, {TestTime(), 80, 40, false, /*whole=*/true})),
            Page(state, 80, 40));
}

TEST(DeploymentViewTest, FloodsNothingWithAWholePage) {
  v1::DeploymentState state = RollingState(200, 20);
  for (v1::TargetState& target : *state.mutable_targets()) Fail(target, "broken", "last words");
  EXPECT_LT(RenderDeployment(state, {TestTime(), 40, 11, false, /*whole=*/true}).size(), 35u);
}

TEST(DeploymentViewTest, TellsAReasonOnlyOnce) {
  v1::DeploymentState state = RollingState(1, 1);
  state.set_reason(v1::REASON_ROLLBACK_REQUESTED);
  state.set_message("rollback requested");
  const std::vector<std::string> page = Page(state, 80, 0);
  EXPECT_THAT(page, Contains("Status:      ◷ in_progress (rollback requested)"));
  EXPECT_THAT(page, Not(Contains(HasSubstr("Message:"))));
}

TEST(DeploymentViewTest, FreezesThePausedCountdownAndSaysHowToGoOn) {
  v1::DeploymentState state = RollingState(1, 1);
  state.set_status(v1::STATUS_PAUSED);
  v1::Step& step = *state.mutable_plan()->mutable_steps(0);
  step.mutable_wait()->mutable_duration()->set_seconds(60);
  step.mutable_wait_left()->set_seconds(42);
  const std::string page = absl::StrJoin(Page(state, 80, 0), "\n");
  EXPECT_THAT(page, HasSubstr("Status:      ॥ paused, `sluice resume` goes on\n"));
  EXPECT_THAT(page, ContainsRegex("◀ +42s left, paused"));
}

TEST(DeploymentViewTest, SaysAtAGateWhatTheGateSays) {
  v1::DeploymentState state = RollingState(1, 1);
  state.set_status(v1::STATUS_PAUSED);
  state.set_message("promote to 50%? `sluice promote` goes on");
  state.mutable_plan()->mutable_steps(0)->mutable_gate();
  state.mutable_plan()->mutable_steps(0)->set_gate_reached(true);
  EXPECT_THAT(Page(state, 80, 0), Contains("Status:      ॥ paused"));
}

TEST(DeploymentViewTest, TellsThatAStopIsUnderWay) {
  v1::DeploymentState state = RollingState(1, 1);
  state.set_stop_requested(v1::REASON_ABORTED);
  EXPECT_THAT(Page(state, 80, 0), Contains("Status:      ◷ in_progress, aborting"));
  state.set_stop_requested(v1::REASON_ROLLBACK_REQUESTED);
  EXPECT_THAT(Page(state, 80, 0), Contains("Status:      ◷ in_progress, about to roll back"));
}

TEST(DeploymentViewTest, ShowsTrafficWhereThereAreNoTargets) {
  v1::DeploymentState state = RollingState(1, 1);
  state.clear_targets();
  state.set_traffic_percentage(30);
  const std::vector<std::string> page = Page(state, 80, 0);
  EXPECT_THAT(page, Contains(HasSubstr("Traffic:     █████████░")));
  EXPECT_THAT(page, Not(Contains(HasSubstr("Targets:"))));
}

TEST(DeploymentViewTest, OfABlueGreenDeploymentTheTrafficTellsWhatRanBefore) {
  v1::DeploymentState state = RollingState(2, 1);
  state.set_strategy("blue_green");
  state.set_previous_version("v2");
  // What the idle slot had.
  for (v1::TargetState& target : *state.mutable_targets()) target.set_previous_version("v1");
  EXPECT_EQ(VersionBefore(state), "v2");
  EXPECT_EQ(VersionOnWayBack(state), "v2");
}

TEST(DeploymentViewTest, TheWayBackIsThatOfTheTargetsThatWereTouched) {
  v1::DeploymentState state = RollingState(2, 1);
  state.mutable_targets(0)->set_attempts(1);
  state.mutable_targets(0)->set_previous_version("40");
  state.mutable_targets(1)->set_attempts(0);
  state.mutable_targets(1)->set_previous_version("41");
  EXPECT_EQ(VersionBefore(state), "40, 41");
  EXPECT_EQ(VersionOnWayBack(state), "40");
}

TEST(DeploymentViewTest, NamesAllVersionsThatTargetsGoBackTo) {
  v1::DeploymentState state = RollingState(5, 1);
  state.set_previous_version("41");
  EXPECT_EQ(VersionBefore(state), "41");
  for (int i = 0; i < 5; ++i) {
    state.mutable_targets(i)->set_previous_version(i < 4 ? "40" : "41");
  }
  EXPECT_EQ(VersionBefore(state), "40, 41");
  for (int i = 0; i < 5; ++i) state.mutable_targets(i)->set_previous_version(std::to_string(i));
  EXPECT_EQ(VersionBefore(state), "5 versions");
}

}  // namespace
}  // namespace sluice::client
