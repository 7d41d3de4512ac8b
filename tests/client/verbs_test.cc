// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The verbs: what they send, what they print, and the code that they end with.

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client/verbs_fixture.h"
#include "gmock/gmock.h"

namespace sluice::client {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

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

// The fake daemon has the services web and worker.
TEST_F(VerbsTest, AnUnknownServiceIsAnsweredWithTheOneThatWasProbablyMeant) {
  const grpc::Status refusal = {grpc::StatusCode::INVALID_ARGUMENT,
                                "service: \"wrker\" is not configured"};
  for (const char* words : {"deploy wrker v2", "plan wrker v2"}) {
    daemon_.Refuse(refusal);
    EXPECT_EQ(Sluice(words), 6);
    EXPECT_THAT(console_.errors, ::testing::EndsWith("\nDid you mean \"worker\"?\n")) << words;
  }
  for (const char* verb : {"state", "watch", "wait", "pause", "rollback"}) {
    EXPECT_EQ(Sluice(absl::StrCat(verb, " wrker")), 6);
    EXPECT_THAT(console_.errors, HasSubstr("Did you mean \"worker\"?\n")) << verb;
  }
}

TEST_F(VerbsTest, NothingIsGuessedWhereTheServiceIsKnownOrNoneIsNearOrNobodyTells) {
  for (const char* words : {"state worker", "state nothing", "state 3f2a9c1d"}) {
    EXPECT_EQ(Sluice(words), 6);
    EXPECT_THAT(console_.errors, Not(HasSubstr("Did you mean"))) << words;
  }
  daemon_.Refuse({grpc::StatusCode::INVALID_ARGUMENT, "service: is not configured"}, /*calls=*/2);
  EXPECT_EQ(Sluice("deploy wrker v2"), 6);
  EXPECT_THAT(console_.errors, Not(HasSubstr("Did you mean")));
  daemon_.Refuse({grpc::StatusCode::INVALID_ARGUMENT, "version: must be shorter"});
  EXPECT_EQ(Sluice("deploy wrker v2"), 6);
  EXPECT_THAT(console_.errors, Not(HasSubstr("Did you mean")));
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
  v1::DeploymentState pausing = Ended(v1::STATUS_PAUSED, v1::PHASE_DEPLOYING);
  pausing.set_pausing(true);
  daemon_.Put(pausing);
  EXPECT_EQ(Sluice("wait web --for=paused --timeout 50ms"), 5);
}

TEST_F(VerbsTest, AWaitWithoutTimeLooksOnce) {
  daemon_.Put(Ended(v1::STATUS_COMPLETED, v1::PHASE_DEPLOYING));
  EXPECT_EQ(Sluice("wait web --timeout 0s"), 0);
  EXPECT_EQ(Sluice("wait web --timeout 0 --for=paused"), 1);
  daemon_.Put(Ended(v1::STATUS_PAUSED, v1::PHASE_DEPLOYING));
  EXPECT_EQ(Sluice("wait web --timeout 0s --for=paused"), 0);
  EXPECT_EQ(Sluice("wait web --timeout 0s"), 5);
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
    EXPECT_THAT(lines[0], ::testing::EndsWith("…")) << columns;
    if (columns < 32) {
      EXPECT_THAT(lines[1], ::testing::EndsWith("…")) << columns;
    } else {
      EXPECT_THAT(lines[1], HasSubstr("◷ in_progress")) << columns;
    }
  }
  EXPECT_EQ(Sluice("list -o wide"), 0);
  EXPECT_THAT(console_.output, HasSubstr("  MESSAGE\n"));
  EXPECT_THAT(console_.output, HasSubstr("  the end of a wide line\n"));
}

TEST_F(VerbsTest, AListOfNothingSaysWhetherThereIsSomethingElse) {
  EXPECT_EQ(Sluice("list"), 0);
  EXPECT_EQ(console_.errors,
            "no deployments that you may see; `sluice deploy SERVICE VERSION` makes one\n");
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

TEST_F(VerbsTest, ARollbackLooksUpOnlyWhatMayBeTheOther) {
  daemon_.Put(RollingState(1, 1));
  EXPECT_EQ(Sluice("rollback web"), 0) << console_.errors;
  EXPECT_EQ(daemon_.Last<v1::RollbackRequest>().service(), "web");
  EXPECT_EQ(Sluice("rollback 3f2a9c1d"), 0) << console_.errors;
  EXPECT_EQ(daemon_.Last<v1::RollbackRequest>().deployment_id(), "3f2a9c1d");
  EXPECT_EQ(daemon_.Last<v1::GetStateRequest>().subject_case(), 0);
  EXPECT_EQ(Sluice("rollback 3f2a"), 0) << console_.errors;
  EXPECT_EQ(daemon_.Last<v1::RollbackRequest>().deployment_id(), kId);
  v1::DeploymentState state = RollingState(1, 1);
  state.set_id("00000000000000aa");
  state.set_service("deadbeef");
  daemon_.Put(state);
  EXPECT_EQ(Sluice("rollback deadbeef"), 0) << console_.errors;
  EXPECT_EQ(daemon_.Last<v1::RollbackRequest>().deployment_id(), state.id());
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

}  // namespace
}  // namespace sluice::client
