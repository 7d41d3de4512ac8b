// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The hidden verb that the shells' completion asks, and the scripts that call it.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client/verbs_fixture.h"
#include "gmock/gmock.h"

namespace sluice::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

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
