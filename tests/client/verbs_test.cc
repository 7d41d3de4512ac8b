// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "base/thread.h"
#include "client/fake_daemon.h"
#include "client/program.h"
#include "client/states.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr char kId[] = "3f2a9c1d00000000";

class VerbsTest : public ::testing::Test {
 protected:
  // Runs `sluice WORDS` against the fake daemon.
  int Sluice(const std::string& words) {
    const std::string all = absl::StrCat("sluice --address ", daemon_.address(), " ", words);
    const std::vector<std::string> arguments = absl::StrSplit(all, ' ');
    return Run(arguments);
  }

  int Run(const std::vector<std::string>& arguments) {
    std::vector<const char*> argv;
    for (const std::string& argument : arguments) argv.push_back(argument.c_str());
    console_.output.clear();
    console_.errors.clear();
    return static_cast<int>(RunProgram(static_cast<int>(argv.size()), argv.data(), console_));
  }

  // Runs `body` beside a verb.
  Thread Meanwhile(std::function<void()> body) {
    auto thread = Thread::Start("meanwhile", std::move(body), 1024 * 1024);
    return *std::move(thread);
  }

  static v1::DeploymentState Ended(v1::Status status, v1::Phase phase) {
    v1::DeploymentState state = RollingState(2, 1);
    state.set_status(status);
    state.set_phase(phase);
    return state;
  }

  FakeDaemon daemon_;
  FakeConsole console_;
};

TEST_F(VerbsTest, DeploySendsTheRequestAndPrintsTheShortId) {
  daemon_.Put(RollingState(2, 1));
  EXPECT_EQ(Sluice("deploy web v2 --strategy rolling --batch-size 2"), 0);
  EXPECT_EQ(console_.output,
            "deployment 3f2a9c1d: web v2 is accepted\n`sluice watch 3f2a9c1d` follows it.\n");
  const auto request = daemon_.Last<v1::DeployRequest>();
  EXPECT_EQ(request.service(), "web");
  EXPECT_EQ(request.strategy().rolling_deployment().batch_size(), 2);
  EXPECT_EQ(request.request_id().size(), 32u);
}

TEST_F(VerbsTest, DeployIsRepeatedWithTheSameIdWhenTheDaemonWasNotThere) {
  daemon_.Put(RollingState(2, 1));
  daemon_.Refuse({grpc::StatusCode::UNAVAILABLE, "restarting"});
  EXPECT_EQ(Sluice("deploy web v2 --request-id same"), 0) << console_.errors;
  EXPECT_EQ(daemon_.Last<v1::DeployRequest>().request_id(), "same");
}

TEST_F(VerbsTest, RefusalsEndWithCode6) {
  daemon_.Refuse({grpc::StatusCode::FAILED_PRECONDITION, "web has the active deployment 77"});
  EXPECT_EQ(Sluice("deploy web v2"), 6);
  EXPECT_THAT(console_.errors, StartsWith("sluice: refused: web has the active deployment 77\n"));
  EXPECT_EQ(Sluice("state nothing"), 6);
  EXPECT_THAT(console_.errors, HasSubstr("\"nothing\" is neither a service with a deployment"));
}

TEST_F(VerbsTest, NobodyThereEndsWithCode7) {
  daemon_.Stop();
  EXPECT_EQ(Sluice("list"), 7);
  EXPECT_THAT(console_.errors, HasSubstr("cannot reach the daemon at " + daemon_.address()));
}

TEST_F(VerbsTest, ADrainingDaemonIsNotOneThatIsAway) {
  daemon_.Refuse({grpc::StatusCode::UNAVAILABLE, "the daemon is shutting down; try again"},
                 /*calls=*/100);
  EXPECT_EQ(Sluice("deploy web v2"), 7);
  EXPECT_EQ(console_.errors, absl::StrCat("sluice: the daemon at ", daemon_.address(),
                                          " is shutting down; try again when it is back\n"));
}

TEST_F(VerbsTest, ADaemonThatEndsCancelsCalls) {
  daemon_.Put(RollingState(2, 1));
  daemon_.Refuse({grpc::StatusCode::CANCELLED, "CANCELLED"});
  EXPECT_EQ(Sluice("deploy web v2"), 0) << console_.errors;
  daemon_.Refuse({grpc::StatusCode::CANCELLED, "CANCELLED"}, /*calls=*/100);
  EXPECT_EQ(Sluice("deploy web v2"), 7);
  EXPECT_THAT(console_.errors, HasSubstr("is shutting down; try again when it is back"));
}

TEST_F(VerbsTest, ADeployWithoutAnAnswerTellsHowToRetryIt) {
  daemon_.Refuse({grpc::StatusCode::CANCELLED, "CANCELLED"}, /*calls=*/100);
  EXPECT_EQ(Sluice("deploy web v2"), 7);
  const std::string id = daemon_.Last<v1::DeployRequest>().request_id();
  EXPECT_THAT(console_.errors, HasSubstr("try again with --request-id " + id + ":"));
  daemon_.Stop();
  EXPECT_EQ(Sluice("deploy web v2"), 7);
  EXPECT_THAT(console_.errors, Not(HasSubstr("--request-id"))) << "nobody can have done it";
}

TEST_F(VerbsTest, ASocketPathThatIsTooLongIsAUsageErrorOfItsSetting) {
  const std::string path = "/" + std::string(107, 'x');
  EXPECT_EQ(Run({"sluice", "--address", "unix:" + path, "list"}), 2);
  EXPECT_THAT(console_.errors, StartsWith("sluice: --address: the path of a Unix socket must"));
  setenv("SLUICE_ADDRESS", path.c_str(), 1);
  EXPECT_EQ(Run({"sluice", "list"}), 2);
  unsetenv("SLUICE_ADDRESS");
  EXPECT_THAT(console_.errors,
              StartsWith("sluice: SLUICE_ADDRESS: the path of a Unix socket must"));
}

TEST_F(VerbsTest, UsageErrorsEndWithCode2AndSendNothing) {
  EXPECT_EQ(Sluice("deploy web v2 --strategy rolling --stages 10"), 2);
  EXPECT_THAT(console_.errors, HasSubstr("--stages does not belong to the strategy rolling"));
  EXPECT_EQ(Sluice("list --status strange"), 2);
  EXPECT_EQ(Run({"sluice", "--address", "nowhere", "list"}), 2);
  EXPECT_EQ(daemon_.Last<v1::DeployRequest>().service(), "");
}

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

TEST_F(VerbsTest, WaitTellsWhatItFound) {
  daemon_.Put(Ended(v1::STATUS_COMPLETED, v1::PHASE_DEPLOYING));
  EXPECT_EQ(Sluice("wait web"), 0);
  EXPECT_EQ(Sluice("wait web --for=terminal"), 0);
  EXPECT_EQ(Sluice("wait web --for=paused"), 1);
  EXPECT_THAT(console_.errors, HasSubstr("ended completed"));
  daemon_.Put(Ended(v1::STATUS_ROLLED_BACK, v1::PHASE_ROLLING_BACK));
  EXPECT_EQ(Sluice("wait web"), 3);
  EXPECT_EQ(Sluice("wait web --for=terminal"), 0);
  daemon_.Put(Ended(v1::STATUS_PAUSED, v1::PHASE_DEPLOYING));
  EXPECT_EQ(Sluice("wait web --for=paused"), 0);
  EXPECT_EQ(Sluice("wait web --timeout 50ms"), 5);
}

TEST_F(VerbsTest, ListTurnsThePages) {
  for (int i = 0; i < 5; ++i) {
    v1::DeploymentState state = RollingState(1, 1);
    state.set_id(absl::StrCat("id-", i, "-00000000"));
    daemon_.Put(state);
  }
  EXPECT_EQ(Sluice("list --limit 0"), 0);
  EXPECT_THAT(console_.output, StartsWith("ID        SERVICE  VERSION  STRATEGY"));
  EXPECT_EQ(std::count(console_.output.begin(), console_.output.end(), '\n'), 6);
  EXPECT_EQ(Sluice("list --limit 3 -o json"), 0);
  EXPECT_THAT(console_.output, HasSubstr("id-2-"));
  EXPECT_THAT(console_.output, Not(HasSubstr("id-3-")));
}

TEST_F(VerbsTest, AListIsCutToTheTerminalWithASignUnlessItIsWide) {
  v1::DeploymentState state = RollingState(1, 1);
  state.set_message("the end of a wide line");
  daemon_.Put(state);
  for (int columns = 20; columns <= 50; ++columns) {
    console_.terminal = {columns, 24};
    EXPECT_EQ(Sluice("list"), 0);
    const std::vector<std::string> lines = absl::StrSplit(console_.output, '\n');
    for (int row : {0, 1}) EXPECT_THAT(lines[row], ::testing::EndsWith("…")) << columns;
  }
  EXPECT_EQ(Sluice("list -o wide"), 0);
  EXPECT_THAT(console_.output, HasSubstr("  MESSAGE\n"));
  EXPECT_THAT(console_.output, HasSubstr("  the end of a wide line\n"));
}

TEST_F(VerbsTest, AListOfNothingSaysWhetherThereIsSomethingElse) {
  EXPECT_EQ(Sluice("list"), 0);
  EXPECT_EQ(console_.errors, "no deployments; `sluice deploy SERVICE VERSION` makes one\n");
  EXPECT_EQ(Sluice("list web --status failed"), 0);
  EXPECT_EQ(console_.errors, "no such deployments; `sluice list` shows all\n");
  EXPECT_EQ(Sluice("list -o json"), 0);
  EXPECT_THAT(console_.output, HasSubstr("\"states\": []"));
}

TEST_F(VerbsTest, ControlsFindTheDeploymentByServiceOrShortId) {
  daemon_.Put(RollingState(1, 1));
  EXPECT_EQ(Sluice("pause web --reason lunch"), 0);
  EXPECT_EQ(console_.output, "deployment 3f2a9c1d (web v2) paused\n");
  EXPECT_EQ(daemon_.Last<v1::PauseRequest>().deployment_id(), kId);
  EXPECT_EQ(daemon_.Last<v1::PauseRequest>().reason(), "lunch");
  EXPECT_EQ(Sluice("promote 3f2a --full"), 0);
  EXPECT_TRUE(daemon_.Last<v1::PromoteRequest>().full());
}

TEST_F(VerbsTest, AnswersTellNoStatusThatIsAboutToChange) {
  v1::DeploymentState state = RollingState(1, 1);
  state.set_stop_requested(v1::REASON_ABORTED);
  daemon_.Put(state);
  EXPECT_EQ(Sluice("abort web"), 0) << console_.errors;
  EXPECT_EQ(console_.output,
            "deployment 3f2a9c1d (web v2) is being aborted; things are left as they are\n");
  EXPECT_EQ(Sluice("promote web"), 0);
  EXPECT_EQ(console_.output, "deployment 3f2a9c1d (web v2) promoted\n");
  EXPECT_EQ(Sluice("rollback web"), 0);
  EXPECT_THAT(console_.output, StartsWith("deployment 3f2a9c1d: web is being taken back\n"));
}

TEST_F(VerbsTest, AnAnswerTellsThatItHasEnded) {
  daemon_.Put(Ended(v1::STATUS_FAILED, v1::PHASE_DEPLOYING));
  EXPECT_EQ(Sluice("abort web"), 0) << console_.errors;
  EXPECT_EQ(console_.output, "deployment 3f2a9c1d (web v2) aborted, now failed\n");
  EXPECT_EQ(Sluice("deploy web v2"), 0);
  EXPECT_THAT(console_.output, StartsWith("deployment 3f2a9c1d: web v2 is failed\n"));
}

TEST_F(VerbsTest, AnIdIsTriedWhereAServiceOfThatNameIsRefused) {
  daemon_.Put(RollingState(1, 1));
  const grpc::Status refusal = {grpc::StatusCode::PERMISSION_DENIED, "no grant for 3f2a"};
  daemon_.Refuse(refusal);
  EXPECT_EQ(Sluice("pause 3f2a"), 0) << console_.errors;
  daemon_.Refuse(refusal, /*calls=*/2);
  EXPECT_EQ(Sluice("pause 3f2a"), 6);
  EXPECT_THAT(console_.errors, StartsWith("sluice: refused: no grant for 3f2a\n"));
}

TEST_F(VerbsTest, WhatLooksLikeAnIdIsAskedAsOneFirst) {
  v1::DeploymentState state = RollingState(1, 1);
  state.set_service("deadbeef");
  daemon_.Put(state);
  EXPECT_EQ(Sluice("state 3f2a9c1d"), 0);
  EXPECT_EQ(daemon_.Last<v1::GetStateRequest>().deployment_id(), "3f2a9c1d");
  EXPECT_EQ(Sluice("state deadbeef"), 0) << console_.errors;
  EXPECT_EQ(daemon_.Last<v1::GetStateRequest>().service(), "deadbeef");
  EXPECT_EQ(Sluice("state 3f2a9c1"), 0);
  EXPECT_EQ(Sluice("state 00000000"), 6);
  EXPECT_THAT(console_.errors, HasSubstr("\"00000000\" is neither a service with a deployment"));
}

TEST_F(VerbsTest, PlanShowsStepsAndDurations) {
  EXPECT_EQ(Sluice("plan web v2"), 0);
  EXPECT_EQ(console_.output,
            "Plan (v2)\n   1. traffic 40%\nWaits alone: 1m 30s\nAt most:     not bounded\n");
}

TEST_F(VerbsTest, StateIsCompleteInEveryFormat) {
  daemon_.Put(RollingState(30, 5));
  EXPECT_EQ(Sluice("state web"), 0);
  EXPECT_THAT(console_.output, HasSubstr("web-30"));
  EXPECT_EQ(Sluice("state 3f2a -o yaml"), 0);
  EXPECT_THAT(console_.output, HasSubstr("\nstatus: in_progress\n"));
  EXPECT_EQ(Sluice("state web -o wide"), 0);
  EXPECT_THAT(console_.output, HasSubstr(kId));
}

TEST_F(VerbsTest, CompletionKnowsVerbsFlagsValuesAndNames) {
  daemon_.Put(RollingState(1, 1));
  const auto complete = [this](std::vector<std::string> words) -> std::vector<std::string> {
    words.insert(words.begin(), {"sluice", "__complete", "--address", daemon_.address()});
    Run(words);
    std::vector<std::string> lines = absl::StrSplit(console_.output, '\n');
    lines.pop_back();
    return lines;
  };
  EXPECT_THAT(complete({"pl"}), ElementsAre("plan"));
  EXPECT_THAT(complete({"deploy", "--str"}), ElementsAre("--strategy"));
  EXPECT_THAT(complete({"deploy", "--strategy", "can"}), ElementsAre("canary", "canary_strategy"));
  EXPECT_THAT(complete({"deploy", "--on-uncertain", ""}),
              ElementsAre("probe_then_retry", "pause", "rollback"));
  EXPECT_THAT(complete({"deploy", "w"}), ElementsAre("web", "worker"));
  EXPECT_THAT(complete({"pause", ""}), ElementsAre("3f2a9c1d", "web", "worker"));
  EXPECT_THAT(complete({"pause", "web", ""}), ElementsAre());
  EXPECT_THAT(complete({"completion", "z"}), ElementsAre("zsh"));
  EXPECT_THAT(complete({"list", "-o", "j"}), ElementsAre("json"));
  EXPECT_THAT(complete({"wait", "web", "--for=pa"}), ElementsAre("--for=paused"));
  EXPECT_THAT(complete({"deploy", "--watch=w"}), ElementsAre());
  EXPECT_THAT(complete({"list", "--status", "failed,ab"}), ElementsAre());
  EXPECT_THAT(complete({"list", "--status=failed,ro"}), ElementsAre("--status=failed,rolled_back"));
  EXPECT_THAT(complete({"list", "-o", "text,j"}), ElementsAre());
  daemon_.Stop();
  EXPECT_THAT(complete({"pause", ""}), ElementsAre());
  EXPECT_EQ(console_.errors, "");
}

TEST_F(VerbsTest, CompletionTellsWhereAFileMayStand) {
  for (const char* flag : {"-f", "--file", "--address"}) {
    EXPECT_EQ(Run({"sluice", "__complete", "deploy", flag, ""}), 1) << flag;
    EXPECT_EQ(console_.output, "");
  }
  EXPECT_EQ(Run({"sluice", "__complete", "deploy", "--file="}), 1);
  EXPECT_EQ(Run({"sluice", "__complete", "deploy", "--reason", ""}), 0);
}

TEST_F(VerbsTest, CompletionFindsTheDaemonThatTheWordsName) {
  daemon_.Put(RollingState(1, 1));
  const std::string address = absl::StrCat("--address=", daemon_.address());
  EXPECT_EQ(Run({"sluice", "__complete", address, "deploy", "we"}), 0);
  EXPECT_EQ(console_.output, "web\n");
}

TEST_F(VerbsTest, CompletionScriptsCallTheHiddenVerb) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    EXPECT_EQ(Run({"sluice", "completion", shell}), 0);
    EXPECT_THAT(console_.output, HasSubstr("sluice __complete"));
  }
}

}  // namespace
}  // namespace sluice::client
