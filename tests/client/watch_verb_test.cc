// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// `sluice watch` and --watch: what is printed and drawn, restarts, Ctrl-C, and the exit code.

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "base/thread.h"
#include "client/presenter.h"
#include "client/verbs_fixture.h"
#include "gmock/gmock.h"

namespace sluice::client {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST_F(VerbsTest, WatchEndsWithTheOutcome) {
  struct Case {
    v1::Status status;
    v1::Phase phase;
    int exit_code;
  };
  for (const Case& test : {Case{v1::STATUS_COMPLETED, v1::PHASE_DEPLOYING, 0},
                           Case{v1::STATUS_FAILED, v1::PHASE_DEPLOYING, 1},
                           Case{v1::STATUS_ROLLED_BACK, v1::PHASE_ROLLING_BACK, 3},
                           Case{v1::STATUS_FAILED, v1::PHASE_ROLLING_BACK, 4}}) {
    daemon_.Put(Ended(test.status, test.phase));
    EXPECT_EQ(Sluice("watch web"), test.exit_code);
    EXPECT_EQ(Sluice("deploy web v2 --watch"), test.exit_code);
  }
}

TEST_F(VerbsTest, RollbackWatchedToItsEndIsDone) {
  daemon_.Put(Ended(v1::STATUS_ROLLED_BACK, v1::PHASE_ROLLING_BACK));
  EXPECT_EQ(Sluice("rollback 3f2a --watch"), 0);
  EXPECT_EQ(daemon_.Last<v1::RollbackRequest>().deployment_id(), kId);
}

TEST_F(VerbsTest, WhatWasSoBeforeTheWatchIsNoNews) {
  v1::DeploymentState state = RollingState(2, 1);
  state.mutable_targets(0)->set_phase(v1::TARGET_PHASE_SUCCEEDED);
  daemon_.Put(state);
  Thread meanwhile = Meanwhile([this, state]() mutable {
    daemon_.AwaitSent(1);
    Fail(*state.mutable_targets(1), "exit code 1", "port 80 is taken");
    state.set_status(v1::STATUS_FAILED);
    daemon_.Put(state);
  });
  EXPECT_EQ(Sluice("watch web"), 1);
  EXPECT_THAT(console_.output, HasSubstr("◷ in_progress, 1/2 updated\n"));
  EXPECT_THAT(console_.output, Not(HasSubstr("target web-1")));
  EXPECT_THAT(console_.output, HasSubstr("target web-2 said: port 80 is taken"));
}

TEST_F(VerbsTest, WhatHasEndedBeforeTheWatchIsOneLine) {
  daemon_.Put(Ended(v1::STATUS_ROLLED_BACK, v1::PHASE_ROLLING_BACK));
  EXPECT_EQ(Sluice("watch web"), 3);
  EXPECT_EQ(std::count(console_.output.begin(), console_.output.end(), '\n'), 1);
  EXPECT_THAT(console_.output, HasSubstr("web: ↩ rolled_back"));
}

TEST_F(VerbsTest, WatchPrintsWhatHappensMeanwhile) {
  daemon_.Put(RollingState(2, 1));
  Thread meanwhile = Meanwhile([this] {
    daemon_.AwaitSent(1);
    daemon_.Put(Ended(v1::STATUS_COMPLETED, v1::PHASE_DEPLOYING));
  });
  EXPECT_EQ(Sluice("watch web"), 0);
  EXPECT_THAT(console_.output, HasSubstr("web: ◷ in_progress\n"));
  EXPECT_THAT(console_.output, HasSubstr("web: ✔ completed"));
}

TEST_F(VerbsTest, ATerminalThatCannotBeRedrawnGetsWholeLines) {
  console_.terminal = {40, 24};
  v1::DeploymentState state = Ended(v1::STATUS_FAILED, v1::PHASE_DEPLOYING);
  state.set_message("target web-1: the connection was refused again and again");
  daemon_.Put(state);
  EXPECT_EQ(Sluice("watch web"), 1);
  EXPECT_THAT(console_.output, HasSubstr(state.message()));
}

TEST_F(VerbsTest, WatchOutlivesARestart) {
  daemon_.Put(RollingState(2, 1));
  Thread meanwhile = Meanwhile([this] {
    daemon_.AwaitWatches(1);
    daemon_.Restart(/*forget=*/false);
    daemon_.AwaitWatches(2);
    daemon_.Put(Ended(v1::STATUS_COMPLETED, v1::PHASE_DEPLOYING));
  });
  EXPECT_EQ(Sluice("watch web"), 0);
  EXPECT_THAT(console_.errors, HasSubstr("lost the daemon"));
}

TEST_F(VerbsTest, WatchBeginsAnewWhenTheDaemonCountsFromTheBeginning) {
  for (int i = 0; i < 5; ++i) daemon_.Put(RollingState(2, 1));
  Thread meanwhile = Meanwhile([this] {
    daemon_.AwaitWatches(1);
    daemon_.Restart(/*forget=*/true);
    daemon_.AwaitWatches(2);
    daemon_.Put(Ended(v1::STATUS_COMPLETED, v1::PHASE_DEPLOYING));
  });
  EXPECT_EQ(Sluice("watch web"), 0);
}

TEST_F(VerbsTest, CtrlCLeavesTheDeploymentRunningAndSaysSo) {
  daemon_.Put(RollingState(2, 1));
  console_.is_live = true;
  console_.terminal = {80, 24};
  Thread meanwhile = Meanwhile([this] {
    daemon_.AwaitWatches(1);
    kill(getpid(), SIGINT);
  });
  EXPECT_EQ(Sluice("watch web"), 130);
  EXPECT_THAT(console_.errors, HasSubstr("goes on"));
  // The cursor was shown after it was hidden.
  EXPECT_GE(console_.output.rfind("\x1b[?25h") + 1, console_.output.rfind("\x1b[?25l") + 1);
}

TEST_F(VerbsTest, CtrlCOfAWatchOfEverythingNamesNone) {
  daemon_.Put(RollingState(2, 1));
  Thread meanwhile = Meanwhile([this] {
    daemon_.AwaitSent(1);
    kill(getpid(), SIGINT);
  });
  EXPECT_EQ(Sluice("watch"), 130);
  EXPECT_EQ(console_.errors, "sluice: stopped watching; deployments go on as before\n");
}

TEST_F(VerbsTest, LiveWatchEndsWithTheFinalPageAndTheCursor) {
  daemon_.Put(Ended(v1::STATUS_COMPLETED, v1::PHASE_DEPLOYING));
  console_.is_live = true;
  console_.terminal = {80, 24};
  EXPECT_EQ(Sluice("watch web"), 0);
  EXPECT_THAT(console_.output, HasSubstr("Status:      ✔ completed"));
  EXPECT_THAT(console_.output, ::testing::EndsWith("\x1b[?25h"));
}

TEST_F(VerbsTest, LiveWatchOnASmallTerminalEndsWithTheWholeCause) {
  v1::DeploymentState state = Ended(v1::STATUS_FAILED, v1::PHASE_DEPLOYING);
  state.set_message("target web-1: the connection was refused again and again and again");
  Fail(*state.mutable_targets(0), "exit code 1",
       "bind to port 80: address already in use by another process");
  daemon_.Put(state);
  console_.is_live = true;
  console_.terminal = {40, 12};
  EXPECT_EQ(Sluice("watch web"), 1);
  for (const char* part : {"target web-1: the", "connection was refused", "again and again",
                           "bind to port 80: address already", "in use by another process"}) {
    EXPECT_THAT(console_.output, HasSubstr(part));
  }
}

TEST_F(VerbsTest, TheLiveViewIsThereBeforeTheWatchTellsAnything) {
  console_.is_live = true;
  console_.terminal = {80, 24};
  const auto presenter = MakePresenter(console_, OutputFormat::kText, /*single=*/true);
  presenter->Begin(RollingState(2, 1));
  presenter->Tick();
  EXPECT_THAT(console_.output, HasSubstr("Deployment:"));
}

TEST_F(VerbsTest, TheLiveViewIsDrawnFiveTimesASecondAtMostHoweverMuchChanges) {
  constexpr int kStates = 1000;
  console_.is_live = true;
  console_.terminal = {80, 24};
  v1::DeploymentState state = RollingState(2, 1);
  daemon_.Put(state);
  Thread meanwhile = Meanwhile([this, state]() mutable {
    for (int sent = 1; sent < kStates; ++sent) {
      daemon_.AwaitSent(sent);
      state.set_version(absl::StrCat("v", sent));
      daemon_.Put(state);
    }
    daemon_.AwaitSent(kStates);
    daemon_.Put(Ended(v1::STATUS_COMPLETED, v1::PHASE_DEPLOYING));
  });
  const absl::Time begin = absl::Now();
  EXPECT_EQ(Sluice("watch web"), 0);
  const double seconds = absl::ToDoubleSeconds(absl::Now() - begin);
  const std::vector<std::string> pages = absl::StrSplit(console_.output, "Deployment:");
  // The first page and the last one are drawn whenever they come.
  EXPECT_LE(pages.size() - 1, 5 * seconds + 2);
  EXPECT_GE(pages.size() - 1, 2u);
  EXPECT_THAT(pages.back(), HasSubstr("completed"));
}

TEST_F(VerbsTest, WatchStopsWhenNobodyReads) {
  daemon_.Put(RollingState(2, 1));
  console_.is_closed = true;
  EXPECT_EQ(Sluice("watch"), 128 + SIGPIPE);
  EXPECT_EQ(console_.errors, "");
}

TEST_F(VerbsTest, WatchAsJsonPrintsOneObjectALine) {
  daemon_.Put(Ended(v1::STATUS_FAILED, v1::PHASE_DEPLOYING));
  EXPECT_EQ(Sluice("watch web -o json"), 1);
  EXPECT_THAT(console_.output, StartsWith("{\"id\":\"3f2a9c1d00000000\""));
  EXPECT_THAT(console_.output, HasSubstr("\"status\":\"failed\""));
  EXPECT_EQ(console_.output.find('\n'), console_.output.size() - 1);
}

}  // namespace
}  // namespace sluice::client
