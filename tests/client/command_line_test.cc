// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "client/command_line.h"

#include <string>
#include <variant>
#include <vector>

#include "client/connection.h"
#include "client/nearest.h"
#include "client/parsed.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::client {
namespace {

using ::testing::HasSubstr;

TEST(CommandLineTest, NamesAnUnknownCommand) {
  for (const char* word : {"frobnicate", "--frobnicate"}) {
    const auto parsed = Parse({word});
    ASSERT_TRUE(std::holds_alternative<EarlyEnd>(parsed));
    EXPECT_THAT(std::get<EarlyEnd>(parsed).text, HasSubstr(word));
  }
}

struct MistakeCase {
  std::vector<const char*> words;
  std::string what;
};

TEST(CommandLineTest, NamesWhatWasProbablyMeant) {
  const MistakeCase cases[] = {
      {{"deplyo", "web", "v2"}, R"(there is no command "deplyo"; did you mean "deploy"?)"},
      {{"roll"}, R"(there is no command "roll"; did you mean "rollback"?)"},
      {{"certs", "inti"}, R"(there is no command "inti"; did you mean "init"?)"},
      {{"frobnicate"}, "there is no command \"frobnicate\"\n"},
      {{"list", "--statsu", "failed"}, R"(there is no flag "--statsu"; did you mean "--status"?)"},
      {{"list", "--limt=5"}, R"(there is no flag "--limt"; did you mean "--limit"?)"},
      {{"--adress", "/x", "list"}, R"(there is no flag "--adress"; did you mean "--address"?)"},
      {{"state", "--frobnicate"}, "there is no flag \"--frobnicate\"\n"},
      {{"--watch", "deploy", "web", "v2"}, R"("--watch" stands after "deploy")"},
      {{"list", "web", "api"}, R"("api" is one argument too many)"},
      {{}, "a command is missing: deploy, rollback, "},
      {{"certs"}, "a command is missing: init\n"},
      {{"state"}, "SUBJECT is required"},
      {{"wait", "web", "--timeout"}, "sluice: --timeout needs a value\n"},
      {{"list", "-o", "jsn"}, R"(--output: must be json, text, wide, yaml; is "jsn")"},
      {{"wait", "web", "--for=completed", "--for=paused"},
       "sluice: --for may be given only once\n"},
      {{"-o", "json", "list", "-o", "yaml"}, "sluice: --output may be given only once\n"},
      {{"deploy", "web", "v2", "--watch=foo"}, R"(sluice: --watch takes no value; is "foo")"},
      {{"deploy", "web", "v2", "--manual-promotion=a = b"},
       R"(sluice: --manual-promotion takes no value; is "a = b")"},
      {{"deploy", "web", "v2", "--max-failed-targets", "x"},
       R"(sluice: --max-failed-targets: must be a whole number; is "x")"},
      {{"list", "-a", ""}, "sluice: --address: must not be empty\n"},
      {{"--address=", "list"}, "sluice: --address: must not be empty\n"},
      {{"list", "--ca", ""}, "sluice: --ca: must not be empty\n"},
      {{"list", "--token-file", ""}, "sluice: --token-file: must not be empty\n"},
      {{"deploy", "--on-failure", "x"}, R"(must be rollback, stop, continue; is "x")"},
  };
  for (const MistakeCase& test : cases) {
    const auto parsed = Parse(test.words);
    ASSERT_TRUE(std::holds_alternative<EarlyEnd>(parsed)) << test.what;
    EXPECT_THAT(std::get<EarlyEnd>(parsed).text, HasSubstr(test.what));
  }
}

TEST(NearestTest, CountsASwapAsOneAndGuessesNotTooFar) {
  EXPECT_EQ(EditDistance("", "abc"), 3u);
  EXPECT_EQ(EditDistance("kitten", "sitting"), 3u);
  EXPECT_EQ(EditDistance("wtach", "watch"), 1u);
  const std::vector<std::string> verbs = {"wait", "watch", "list"};
  EXPECT_EQ(Nearest("wach", verbs), "watch");
  EXPECT_EQ(Nearest("wai", verbs), "wait");
  EXPECT_EQ(Nearest("list", verbs), "list");
  EXPECT_EQ(Nearest("ls", verbs), "");
  EXPECT_EQ(Nearest("w", verbs), "");
  EXPECT_EQ(Nearest("wait", {}), "");
}

TEST(CommandLineTest, TakesGlobalFlagsBeforeAndAfterTheVerb) {
  for (const auto& arguments :
       {std::vector<const char*>{"-o", "json", "--timeout", "3s", "list"},
        std::vector<const char*>{"list", "-o", "json", "--timeout", "3s"}}) {
    const auto parsed = Parse(arguments);
    ASSERT_TRUE(std::holds_alternative<CommandLine>(parsed));
    EXPECT_EQ(std::get<CommandLine>(parsed).global.output, OutputFormat::kJson);
    EXPECT_EQ(std::get<CommandLine>(parsed).global.timeout, absl::Seconds(3));
  }
}

TEST(CommandLineTest, TakesNoWordForTheValueThatAFlagWasGivenEmpty) {
  EXPECT_EQ(RequestOf({"--reason=", "--target=a"}), "targets { id: \"a\" } ");
  const auto parsed = Parse({"rollback", "--reason=", "web"});
  ASSERT_TRUE(std::holds_alternative<CommandLine>(parsed));
  const auto& options = std::get<RollbackOptions>(std::get<CommandLine>(parsed).verb);
  EXPECT_EQ(options.subject, "web");
  EXPECT_EQ(options.reason, "");
  const auto other = Parse({"rollback", "--", "--reason="});
  ASSERT_TRUE(std::holds_alternative<CommandLine>(other));
  EXPECT_EQ(std::get<RollbackOptions>(std::get<CommandLine>(other).verb).subject, "--reason=");
}

TEST(CommandLineTest, TakesSecondsForEveryDuration) {
  const auto parsed = Parse({"wait", "web", "--timeout", "30"});
  ASSERT_TRUE(std::holds_alternative<CommandLine>(parsed));
  EXPECT_EQ(std::get<WaitOptions>(std::get<CommandLine>(parsed).verb).timeout, absl::Seconds(30));
  EXPECT_EQ(RequestOf({"--progress-deadline", "30"}), "progress_deadline { seconds: 30 } ");
  for (const char* flag : {"--stage-duration", "--stage-duration-seconds"}) {
    for (const char* time : {"90", "90s", "1m30s"}) {
      EXPECT_EQ(RequestOf({"--strategy", "canary", flag, time}),
                "strategy { canary_deployment { stage_duration_seconds: 90 } } ");
    }
  }
  EXPECT_THAT(RequestOf({"--strategy", "rolling", "--delay=-3"}),
              HasSubstr("--delay: must be a duration of 0 or more, is -3s"));
}

TEST(CommandLineTest, GivesWaitATimeoutOfItsOwn) {
  const auto parsed = Parse({"wait", "web", "--for=paused", "--timeout", "1h30m"});
  ASSERT_TRUE(std::holds_alternative<CommandLine>(parsed));
  const auto& command_line = std::get<CommandLine>(parsed);
  EXPECT_EQ(command_line.global.timeout, absl::Seconds(10));
  EXPECT_EQ(std::get<WaitOptions>(command_line.verb).timeout, absl::Minutes(90));
  EXPECT_EQ(std::get<WaitOptions>(command_line.verb).condition, WaitCondition::kPaused);
}

TEST(CommandLineTest, EndsUsageErrorsWithCode2AndHelpWith0) {
  for (const auto& arguments :
       {std::vector<const char*>{}, std::vector<const char*>{"frobnicate"},
        std::vector<const char*>{"state"}, std::vector<const char*>{"list", "--bogus"},
        std::vector<const char*>{"wait", "web", "--for=rain"},
        std::vector<const char*>{"list", "-o", "xml"},
        std::vector<const char*>{"list", "--timeout", "-3s"},
        std::vector<const char*>{"list", "--timeout", "0s"},
        std::vector<const char*>{"list", "--timeout", "0"}}) {
    const auto parsed = Parse(arguments);
    ASSERT_TRUE(std::holds_alternative<EarlyEnd>(parsed));
    EXPECT_EQ(std::get<EarlyEnd>(parsed).exit_code, ExitCode::kUsage);
  }
  for (const auto& arguments :
       {std::vector<const char*>{"--help"}, std::vector<const char*>{"deploy", "--help"},
        std::vector<const char*>{"--version"}}) {
    const auto parsed = Parse(arguments);
    ASSERT_TRUE(std::holds_alternative<EarlyEnd>(parsed));
    EXPECT_EQ(std::get<EarlyEnd>(parsed).exit_code, ExitCode::kDone);
  }
}

TEST(ResolveAddressTest, TakesTheFirstThatIsGiven) {
  EXPECT_EQ(*ResolveAddress("", nullptr), kDefaultAddress);
  EXPECT_EQ(*ResolveAddress("", "localhost:1"), "localhost:1");
  EXPECT_EQ(*ResolveAddress("[::1]:90", "localhost:1"), "[::1]:90");
  EXPECT_EQ(*ResolveAddress("/run/x.sock", nullptr), "unix:/run/x.sock");
  EXPECT_EQ(*ResolveAddress("unix:x.sock", nullptr), "unix:x.sock");
  for (const char* bad : {"localhost", "localhost:", "localhost:99999", "unix:", ":80", "::1:80",
                          "[::1:80", "http://localhost:80", "a b:80"}) {
    EXPECT_THAT(std::string(ResolveAddress(bad, nullptr).status().message()),
                HasSubstr("is not an address"))
        << bad;
  }
}

TEST(ResolveAddressTest, TakesASocketPathThatFitsOnly) {
  const std::string longest = "/" + std::string(106, 'x');
  EXPECT_EQ(*ResolveAddress(longest, nullptr), "unix:" + longest);
  EXPECT_EQ(*ResolveAddress("unix://" + longest, nullptr), "unix:" + longest);
  for (const std::string& address : {longest + "x", "unix:" + longest + "x"}) {
    EXPECT_THAT(std::string(ResolveAddress(address, nullptr).status().message()),
                HasSubstr("at most 107 bytes, this one has 108: "));
  }
  for (const char* bad : {"unix://tmp/x", "/tmp/what?", "/tmp/a%20b", "unix:/tmp/#1"}) {
    EXPECT_THAT(std::string(ResolveAddress(bad, nullptr).status().message()),
                HasSubstr("must not begin with // nor contain"));
  }
}

}  // namespace
}  // namespace sluice::client
