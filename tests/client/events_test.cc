// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "client/view/events.h"

#include <string>
#include <vector>

#include "client/presenter.h"
#include "client/states.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::client {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kLead[] = "2027-01-15T08:00:00Z 3f2a9c1d web: ";

std::vector<std::string> Events(const v1::DeploymentState* before,
                                const v1::DeploymentState& after) {
  return Texts(EventLines(before, after, TestTime()));
}

TEST(EventLinesTest, TellAFirstStateInWhole) {
  EXPECT_THAT(
      Events(nullptr, RollingState(2, 1)),
      ElementsAre(std::string(kLead) + "version v2 (before: v1), strategy rolling, 2 targets",
                  std::string(kLead) + "step 1/2 batch 1: running",
                  std::string(kLead) + "◷ in_progress"));
}

TEST(EventLinesTest, TellOfWhatRunsHowItStands) {
  v1::DeploymentState state = RollingState(3, 1);
  state.mutable_plan()->mutable_steps(0)->set_status(v1::STEP_STATUS_DONE);
  state.mutable_plan()->mutable_steps(1)->set_status(v1::STEP_STATUS_RUNNING);
  state.set_current_step(1);
  state.set_traffic_percentage(30);
  state.mutable_targets(0)->set_phase(v1::TARGET_PHASE_SUCCEEDED);
  Fail(*state.mutable_targets(1), "exit code 1", "port 80 is taken\n");
  EXPECT_THAT(
      Events(nullptr, state),
      ElementsAre(std::string(kLead) + "version v2 (before: v1), strategy rolling, 3 targets",
                  std::string(kLead) + "step 2/3 batch 2: running",
                  std::string(kLead) + "1 of 3 targets on v2",
                  std::string(kLead) + "◷ in_progress, 1/3 updated, 1 failed"));
}

// A rollback goes on past what fails, and so does a deployment that is told to.
TEST(EventLinesTest, DoNotCallAStepDoneThatFailed) {
  const v1::DeploymentState before = RollingState(2, 1);
  v1::DeploymentState after = before;
  v1::Step& step = *after.mutable_plan()->mutable_steps(0);
  step.set_status(v1::STEP_STATUS_DONE);
  step.set_error("target web-1: exit code 1");
  EXPECT_THAT(Events(&before, after),
              ElementsAre(std::string(kLead) + "step 1/2 batch 1: failed, gone on"));
  step.mutable_deploy_targets()->set_failures_are_judged_later(true);
  EXPECT_THAT(Events(&before, after), ElementsAre(std::string(kLead) + "step 1/2 batch 1: done"));
}

TEST(EventLinesTest, TellThatWhatRunsGoesBack) {
  v1::DeploymentState state = RollingState(2, 2);
  state.set_phase(v1::PHASE_ROLLING_BACK);
  state.set_reason(v1::REASON_ROLLBACK_REQUESTED);
  state.set_message("rollback requested: errors in the log");
  state.mutable_plan()->set_version("v1");
  state.mutable_plan()->mutable_steps(0)->clear_status();
  for (v1::TargetState& target : *state.mutable_targets()) {
    target.set_phase(v1::TARGET_PHASE_SUCCEEDED);
  }
  EXPECT_THAT(
      Events(nullptr, state),
      ElementsAre(std::string(kLead) + "version v2 (before: v1), strategy rolling, 2 targets",
                  std::string(kLead) + "◷ in_progress, rolling back to v1 (rollback requested): "
                                       "rollback requested: errors in the log"));
}

TEST(EventLinesTest, TellOfWhatHasEndedInOneLineHowAndWhen) {
  v1::DeploymentState state = RollingState(2, 1);
  Fail(*state.mutable_targets(0), "exit code 1", "port 80 is taken\n");
  state.set_status(v1::STATUS_FAILED);
  state.set_reason(v1::REASON_DEPLOY_FAILED);
  state.set_message("target web-1: exit code 1");
  state.mutable_fleet()->set_consistency(v1::FLEET_CONSISTENCY_MIXED);
  *state.mutable_end_time() = ToTimestamp(TestTime() - absl::Seconds(4));
  EXPECT_THAT(Events(nullptr, state),
              ElementsAre("2027-01-15T07:59:56Z 3f2a9c1d web: ✖ failed (deploy failed): target "
                          "web-1: exit code 1, after 6s, fleet mixed, version v2 (before: v1), "
                          "strategy rolling"));
}

TEST(EventLinesTest, TellInOneLineOfWhatHadEndedAndWasRolledBackUnseen) {
  v1::DeploymentState before = RollingState(2, 1);
  before.set_status(v1::STATUS_COMPLETED);
  *before.mutable_end_time() = ToTimestamp(TestTime() - absl::Seconds(4));
  EXPECT_THAT(Events(&before, before), IsEmpty());
  v1::DeploymentState after = before;
  after.set_phase(v1::PHASE_ROLLING_BACK);
  after.set_status(v1::STATUS_ROLLED_BACK);
  after.mutable_targets(0)->set_phase(v1::TARGET_PHASE_ROLLED_BACK);
  *after.mutable_end_time() = ToTimestamp(TestTime() - absl::Seconds(2));
  EXPECT_THAT(Events(&before, after),
              ElementsAre("2027-01-15T07:59:58Z 3f2a9c1d web: ↩ rolled_back, after 8s, version v2 "
                          "(before: v1), strategy rolling"));
}

TEST(EventLinesTest, TellInWholeWhatWasMadeAndEndedMeanwhile) {
  v1::DeploymentState state = RollingState(1, 1);
  Fail(*state.mutable_targets(0), "exit code 1", "port 80 is taken\n");
  state.mutable_plan()->mutable_steps(0)->clear_start_time();
  state.mutable_plan()->mutable_steps(0)->set_status(v1::STEP_STATUS_FAILED);
  state.set_status(v1::STATUS_FAILED);
  EXPECT_THAT(
      Texts(WholeEventLines(state, TestTime())),
      ElementsAre(std::string(kLead) + "version v2 (before: v1), strategy rolling, 1 target",
                  std::string(kLead) + "step 1/1 batch 1: failed",
                  std::string(kLead) + "target web-1: failed: exit code 1",
                  std::string(kLead) + "target web-1 said: port 80 is taken",
                  std::string(kLead) + "✖ failed, after 10s"));
}

TEST(EventLinesTest, AreWholeOnlyOfWhatIsMadeDuringTheWatch) {
  FakeConsole console;
  const auto presenter = MakePresenter(console, OutputFormat::kText, /*single=*/false);
  presenter->BeginAfter(TestTime());
  v1::DeploymentState state = RollingState(1, 1);
  Fail(*state.mutable_targets(0), "exit code 1", "");
  state.set_status(v1::STATUS_FAILED);
  *state.mutable_create_time() = ToTimestamp(TestTime());
  presenter->Show(state);
  EXPECT_THAT(console.output, Not(HasSubstr("target web-1")));
  state.set_id("77777777");
  *state.mutable_create_time() = ToTimestamp(TestTime() + absl::Microseconds(1));
  presenter->Show(state);
  EXPECT_THAT(console.output, HasSubstr("77777777 web: target web-1: failed: exit code 1\n"));
}

TEST(EventLinesTest, SayNothingWhenNothingPeopleSeeHasChanged) {
  const v1::DeploymentState before = RollingState(2, 1);
  v1::DeploymentState after = before;
  after.set_revision(before.revision() + 1);
  EXPECT_THAT(Events(&before, after), IsEmpty());
}

TEST(EventLinesTest, TellTargetsAndWhatTheySaid) {
  const v1::DeploymentState before = RollingState(2, 2);
  v1::DeploymentState after = before;
  after.mutable_targets(0)->set_phase(v1::TARGET_PHASE_DEPLOYING);
  Fail(*after.mutable_targets(1), "exit code 1", "one\ntwo\n");
  EXPECT_THAT(Events(&before, after),
              ElementsAre(std::string(kLead) + "target web-1: deploying",
                          std::string(kLead) + "target web-2: failed: exit code 1",
                          std::string(kLead) + "target web-2 said: two"));
}

TEST(EventLinesTest, TellTheTurnAndTheNewPlan) {
  const v1::DeploymentState before = RollingState(2, 1);
  v1::DeploymentState after = before;
  after.set_phase(v1::PHASE_ROLLING_BACK);
  after.set_message("target web-1 is unhealthy");
  after.mutable_plan()->set_version("v1");
  EXPECT_THAT(Events(&before, after),
              ElementsAre(std::string(kLead) + "rolling back to v1: target web-1 is unhealthy",
                          std::string(kLead) + "step 1/2 batch 1: running"));
}

TEST(EventLinesTest, TellHowLongAWaitIsAndAReasonOnlyOnce) {
  const v1::DeploymentState before = RollingState(2, 1);
  v1::DeploymentState after = before;
  v1::Step& step = *after.mutable_plan()->mutable_steps(1);
  step.mutable_wait()->mutable_duration()->set_seconds(60);
  step.set_status(v1::STEP_STATUS_RUNNING);
  *step.mutable_wait_until() = ToTimestamp(TestTime() + absl::Seconds(60));
  after.set_status(v1::STATUS_ROLLED_BACK);
  after.set_reason(v1::REASON_ROLLBACK_REQUESTED);
  after.set_message("rollback requested");
  after.clear_start_time();
  EXPECT_THAT(Events(&before, after),
              ElementsAre(std::string(kLead) + "step 2/2 batch 2: running (1m left)",
                          std::string(kLead) + "↩ rolled_back (rollback requested)"));
}

TEST(EventLinesTest, CountTargetsThatHadTheVersionBefore) {
  v1::DeploymentState before = RollingState(4, 1);
  before.mutable_targets(0)->mutable_target()->set_version("v2");
  v1::DeploymentState after = before;
  for (int i = 1; i < 4; ++i) after.mutable_targets(i)->set_phase(v1::TARGET_PHASE_SUCCEEDED);
  after.set_status(v1::STATUS_COMPLETED);
  after.set_traffic_percentage(100);
  EXPECT_THAT(Events(&before, after), Contains(std::string(kLead) + "4 of 4 targets on v2"));
}

// The record says 100 then, as the specification wants it.
TEST(EventLinesTest, DoNotSayAtTheEndThatAllIsOnTheVersionWhenItIsNot) {
  v1::DeploymentState before = RollingState(10, 1);
  before.set_traffic_percentage(80);
  for (int i = 0; i < 8; ++i) before.mutable_targets(i)->set_phase(v1::TARGET_PHASE_SUCCEEDED);
  Fail(*before.mutable_targets(8), "exit code 1", "");
  v1::DeploymentState after = before;
  after.set_status(v1::STATUS_COMPLETED);
  after.set_traffic_percentage(100);
  EXPECT_THAT(Events(&before, after), ElementsAre(std::string(kLead) + "8 of 10 targets on v2",
                                                  std::string(kLead) + "✔ completed, after 10s"));
}

TEST(EventLinesTest, TellTheTrafficWhereItMoves) {
  v1::DeploymentState before = RollingState(1, 1);
  before.clear_targets();
  before.mutable_plan()->mutable_steps(0)->mutable_set_traffic()->set_percentage(12.5);
  v1::DeploymentState after = before;
  after.set_traffic_percentage(12.5);
  EXPECT_THAT(Events(&before, after), ElementsAre(std::string(kLead) + "12.5% on v2"));
  // A switch moves the traffic of targets.
  after.add_targets();
  EXPECT_THAT(Events(&before, after), Contains(std::string(kLead) + "12.5% on v2"));
}

TEST(EventLinesTest, TellTheEnd) {
  const v1::DeploymentState before = RollingState(1, 1);
  v1::DeploymentState after = before;
  after.set_status(v1::STATUS_FAILED);
  after.set_reason(v1::REASON_ROLLBACK_FAILED);
  after.set_message("web-1 did not come back");
  after.mutable_fleet()->set_consistency(v1::FLEET_CONSISTENCY_MIXED);
  *after.mutable_end_time() = ToTimestamp(TestTime());
  EXPECT_THAT(
      Events(&before, after),
      ElementsAre(std::string(kLead) + "✖ failed (rollback failed): web-1 did not come back, "
                                       "after 10s, fleet mixed"));
}

}  // namespace
}  // namespace sluice::client
