// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "client/deploy_request.h"
#include "client/parsed.h"
#include "client/strategy_flags.h"
#include "gmock/gmock.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"

namespace sluice::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct FlagCase {
  std::vector<const char*> flags;
  std::string request;
};

TEST(DeployFlagsTest, BecomeTheRequest) {
  const FlagCase cases[] = {
      {{}, ""},
      {{"--strategy", "rolling", "--batch-size", "3", "--delay", "1m30s"},
       "strategy { rolling_deployment { batch_size: 3 delay_seconds: 90 } } "},
      {{"--strategy=rolling", "--delay-seconds=0"},
       "strategy { rolling_deployment { delay_seconds: 0 } } "},
      {{"--strategy", "blue-green", "--manual-promotion"},
       "strategy { blue_green_deployment { manual_promotion: true } } "},
      {{"--strategy", "canary", "--stages", "10,50,100", "--success-threshold", "0.5"},
       "strategy { canary_deployment { stages: 10 stages: 50 stages: 100 success_threshold: 0.5 } "
       "} "},
      {{"--strategy", "rolling_strategy", "--batch-count", "5", "--pause", "2"},
       "strategy { rolling_strategy { batch_count: 5 pause_seconds: 2 } } "},
      {{"--strategy", "canary_strategy", "--step", "30", "--max-steps", "2"},
       "strategy { canary_strategy { step: 30 max_steps: 2 } } "},
      {{"--strategy", "blue_green_strategy"}, "strategy { blue_green_strategy { } } "},
      {{"--strategy", "feature_flag", "--flag-name", "new", "--initial-rollout", "12.5"},
       "strategy { feature_flag_strategy { flag_name: \"new\" initial_rollout: 12.5 } } "},
      {{"--target", "a", "--target", "b=10.0.0.1:80"},
       "targets { id: \"a\" } targets { id: \"b\" address: \"10.0.0.1:80\" } "},
      {{"--on-failure", "stop", "--max-failed-targets", "2"},
       "on_failure { policy: FAILURE_POLICY_STOP max_failed_targets: 2 } "},
      {{"--on-uncertain", "pause"}, "on_failure { on_uncertain: UNCERTAIN_POLICY_PAUSE } "},
      {{"--on-uncertain", "probe_then_retry", "--on-failure", "continue"},
       "on_failure { policy: FAILURE_POLICY_CONTINUE "
       "on_uncertain: UNCERTAIN_POLICY_PROBE_THEN_RETRY } "},
      {{"--progress-deadline", "1h30m", "--reason", "why"},
       "progress_deadline { seconds: 5400 } reason: \"why\" "},
      {{"--metadata", "k=v=w"}, "metadata { key: \"k\" value: \"v=w\" } "},
  };
  for (const FlagCase& test : cases) EXPECT_EQ(RequestOf(test.flags), test.request);
}

TEST(DeployFlagsTest, AreRefusedByName) {
  const FlagCase cases[] = {
      {{"--strategy", "rolling", "--stages", "10"},
       "--stages does not belong to the strategy rolling, which takes --batch-size, --delay"},
      {{"--batch-size", "3"}, "add --strategy rolling or --strategy rolling_strategy"},
      {{"--delay", "3", "--stages", "10"}, "no strategy takes all of these parameters together"},
      {{"--strategy", "mystery"},
       "\"mystery\" is not known; there are rolling, blue_green, canary"},
      {{"--strategy", "rolling", "--batch-size", "many"}, "--batch-size: \"many\" is not a whole"},
      {{"--strategy", "rolling", "--delay", "soon"}, "--delay: must be a duration"},
      {{"--strategy", "canary", "--stages", "10,x"}, "--stages: \"10,x\" is not a list of numbers"},
      {{"--metadata", "novalue"}, "--metadata: \"novalue\" must be KEY=VALUE"},
      {{"--progress-deadline", "soon"}, "--progress-deadline"},
      {{"--on-failure", "explode"}, "--on-failure"},
      {{"--on-uncertain", "unspecified"}, "must be probe_then_retry, pause, rollback"},
  };
  for (const FlagCase& test : cases) EXPECT_THAT(RequestOf(test.flags), HasSubstr(test.request));
}

TEST(DeployFlagsTest, CoverEveryParameterOfEveryStrategy) {
  std::set<std::string> flags, fields;
  for (const StrategyFlag& flag : StrategyFlags()) flags.insert(flag.field);
  const auto* strategy = v1::Strategy::descriptor();
  for (int i = 0; i < strategy->field_count(); ++i) {
    const auto* kind = strategy->field(i)->message_type();
    for (int j = 0; j < kind->field_count(); ++j) fields.insert(kind->field(j)->name());
  }
  EXPECT_EQ(flags, fields);
  EXPECT_EQ(StrategyNames().size(), static_cast<size_t>(strategy->field_count()));
}

TEST(DeployRequestTest, HasARequestIdOfItsOwnEachTime) {
  EXPECT_THAT(RandomRequestId(), ::testing::MatchesRegex("[0-9a-f]{32}"));
  EXPECT_NE(RandomRequestId(), RandomRequestId());
}

TEST(DeployRequestTest, NeedsAServiceAndAVersion) { EXPECT_FALSE(BuildDeployRequest({}).ok()); }

class RequestFileTest : public ::testing::Test {
 protected:
  ~RequestFileTest() override { std::remove(path_.c_str()); }

  absl::StatusOr<v1::DeployRequest> Read(const std::string& text, DeployOptions options = {}) {
    std::ofstream(path_) << text;
    options.file = path_;
    return BuildDeployRequest(options);
  }

  const std::string path_ = ::testing::TempDir() + "request-" + std::to_string(getpid()) + ".yaml";
};

TEST_F(RequestFileTest, IsOverriddenByFlags) {
  DeployOptions options;
  options.version = "v3";
  const auto request =
      Read("service: web\nversion: v2\nstrategy:\n  canary_deployment:\n    stages: [50, 100]\n",
           options);
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_EQ(request->service(), "web");
  EXPECT_EQ(request->version(), "v3");
  EXPECT_THAT(request->strategy().canary_deployment().stages(), ElementsAre(50, 100));
}

TEST_F(RequestFileTest, KeepsItsStrategyUnderFlagsForSingleParametersOfIt) {
  DeployOptions options;
  options.strategy_parameters = {{"pause_seconds", "1s"}};
  const std::string file =
      "service: web\nversion: v2\nstrategy:\n  rolling_strategy:\n    batch_count: 2\n"
      "    pause_seconds: 9\n";
  for (const char* strategy : {"", "rolling_strategy", "rolling-strategy"}) {
    options.strategy = strategy;
    const auto request = Read(file, options);
    ASSERT_TRUE(request.ok()) << request.status();
    EXPECT_EQ(request->strategy().rolling_strategy().batch_count(), 2) << strategy;
    EXPECT_EQ(request->strategy().rolling_strategy().pause_seconds(), 1) << strategy;
  }
}

TEST_F(RequestFileTest, GivesWayToAnotherStrategyAsAWhole) {
  DeployOptions options;
  options.strategy = "canary";
  options.strategy_parameters = {{"max_concurrent", "3"}};
  const auto request = Read(
      "service: web\nversion: v2\nstrategy:\n  blue_green_deployment:\n    max_concurrent: 2\n"
      "    manual_promotion: true\n",
      options);
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_EQ(request->strategy().canary_deployment().max_concurrent(), 3);
  EXPECT_FALSE(request->strategy().canary_deployment().has_manual_promotion());
}

TEST_F(RequestFileTest, GivesWayToAListAsAWhole) {
  DeployOptions options;
  options.strategy_parameters = {{"stages", "20,100"}};
  const auto request =
      Read("service: web\nversion: v2\nstrategy:\n  canary_deployment:\n    stages: [50, 100]\n",
           options);
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_THAT(request->strategy().canary_deployment().stages(), ElementsAre(20, 100));
}

TEST_F(RequestFileTest, NamesTheFlagsThatItsStrategyTakes) {
  DeployOptions options;
  options.strategy_parameters = {{"stages", "10"}};
  const auto request =
      Read("service: web\nversion: v2\nstrategy:\n  rolling_deployment: {}\n", options);
  EXPECT_THAT(std::string(request.status().message()),
              HasSubstr("--stages does not belong to the strategy rolling, which takes"));
}

TEST_F(RequestFileTest, WithoutAStrategyDoesNotSayWhatAParameterMeans) {
  DeployOptions options;
  options.strategy_parameters = {{"batch_size", "3"}};
  const auto request = Read("service: web\nversion: v2\n", options);
  EXPECT_THAT(std::string(request.status().message()), HasSubstr("add --strategy rolling or"));
}

TEST_F(RequestFileTest, KeepsWhatNoFlagGoesOver) {
  DeployOptions options;
  options.on_uncertain = "pause";
  options.metadata = {"by=hand"};
  options.targets = {"t3"};
  const auto request = Read(
      "service: web\nversion: v2\non_failure: {policy: stop, on_uncertain: rollback}\n"
      "metadata: {ticket: A-1, by: file}\ntargets: [{id: t1}, {id: t2}]\n",
      options);
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_EQ(request->on_failure().policy(), v1::FAILURE_POLICY_STOP);
  EXPECT_EQ(request->on_failure().on_uncertain(), v1::UNCERTAIN_POLICY_PAUSE);
  EXPECT_EQ(request->metadata().at("ticket"), "A-1");
  EXPECT_EQ(request->metadata().at("by"), "hand");
  ASSERT_EQ(request->targets_size(), 1);
  EXPECT_EQ(request->targets(0).id(), "t3");
}

TEST_F(RequestFileTest, NamesLineAndColumnOfAMistake) {
  const auto request = Read("service: web\nversion: v2\n  \nreasn: typo\n");
  EXPECT_THAT(std::string(request.status().message()), HasSubstr(path_ + ":4:1: reasn:"));
}

TEST_F(RequestFileTest, MustExist) {
  DeployOptions options;
  options.file = "/nonexistent/request.yaml";
  EXPECT_THAT(std::string(BuildDeployRequest(options).status().message()),
              HasSubstr("cannot read /nonexistent/request.yaml"));
}

TEST_F(RequestFileTest, IsAFileOfAtMost1MiB) {
  for (const auto& [path, why] :
       {std::pair("/tmp", "Is a directory"), std::pair("/dev/zero", "at most 1 MiB")}) {
    DeployOptions options;
    options.file = path;
    EXPECT_THAT(std::string(BuildDeployRequest(options).status().message()), HasSubstr(why));
  }
}

}  // namespace
}  // namespace sluice::client
