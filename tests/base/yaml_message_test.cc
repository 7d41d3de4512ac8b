// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "base/yaml_message.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sluice/config/v1/config.pb.h"
#include "sluice/v1/deployment_service.pb.h"

namespace sluice {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

std::vector<std::string> ProblemsOf(const std::string& text, config::v1::Config& config) {
  YamlDocument document("f");
  document.Read(text, config);
  return document.Lines();
}

config::v1::Config MustRead(const std::string& text) {
  config::v1::Config config;
  EXPECT_THAT(ProblemsOf(text, config), IsEmpty());
  return config;
}

TEST(YamlMessage, ReadsEveryKindOfField) {
  const config::v1::Config config = MustRead(R"(
drain_grace: 1h30m
reflection: false
limits: {max_active_deployments: 7}
services:
  - name: shop
    initial_version: 1.10
    targets:
      - {id: a, address: "127.0.0.1:1"}
    strategy:
      canary_deployment: {stages: [10, 50.5, 100]}
    on_failure: {policy: stop}
    deployer:
      exec:
        command:
          argv: [/bin/true, 1.10, yes]
          env: {B: "2", A: 1}
    health_check:
      tcp:
      interval: 500ms
  - name: other
    on_failure: {policy: FAILURE_POLICY_CONTINUE}
)");
  EXPECT_EQ(config.drain_grace().seconds(), 5400);
  EXPECT_TRUE(config.has_reflection());
  EXPECT_FALSE(config.reflection());
  EXPECT_EQ(config.limits().max_active_deployments(), 7);
  ASSERT_EQ(config.services_size(), 2);
  const auto& shop = config.services(0);
  EXPECT_EQ(shop.initial_version(), "1.10");
  EXPECT_EQ(shop.targets(0).address(), "127.0.0.1:1");
  EXPECT_THAT(shop.strategy().canary_deployment().stages(), ElementsAre(10, 50.5, 100));
  EXPECT_EQ(shop.on_failure().policy(), v1::FAILURE_POLICY_STOP);
  EXPECT_THAT(shop.deployer().exec().command().argv(), ElementsAre("/bin/true", "1.10", "yes"));
  EXPECT_EQ(shop.deployer().exec().command().env().at("A"), "1");
  EXPECT_EQ(shop.deployer().exec().command().env().at("B"), "2");
  EXPECT_TRUE(shop.health_check().has_tcp()) << "an empty value is an empty message";
  EXPECT_EQ(shop.health_check().interval().nanos(), 500'000'000);
  EXPECT_EQ(config.services(1).on_failure().policy(), v1::FAILURE_POLICY_CONTINUE);
}

TEST(YamlMessage, ReadsOtherMessagesToo) {
  v1::DeployRequest request;
  YamlDocument document("request.yaml");
  document.Read("service: shop\nversion: 2.0\nmetadata: {ticket: 12}\nprogress_deadline: 5m\n",
                request);
  EXPECT_TRUE(document.ok()) << document.ToStatus();
  EXPECT_EQ(request.version(), "2.0");
  EXPECT_EQ(request.metadata().at("ticket"), "12");
  EXPECT_EQ(request.progress_deadline().seconds(), 300);
}

TEST(YamlMessage, AnEmptyTextIsAnEmptyMessage) {
  for (const char* text : {"", "# nothing but a comment\n", "---\n", "null\n", "services:\n"}) {
    EXPECT_EQ(MustRead(text).ByteSizeLong(), 0) << text;
  }
}

struct ProblemCase {
  const char* text;
  const char* line;
};

class YamlProblemTable : public testing::TestWithParam<ProblemCase> {};

TEST_P(YamlProblemTable, IsReportedWithLineAndColumn) {
  config::v1::Config config;
  EXPECT_THAT(ProblemsOf(GetParam().text, config), ElementsAre(StartsWith(GetParam().line)));
}

INSTANTIATE_TEST_SUITE_P(
    Keys, YamlProblemTable,
    testing::Values(
        ProblemCase{"reflecton: true", "f:1:1: reflecton: no such setting; did you mean reflec"},
        ProblemCase{"drainGrace: 1s", "f:1:1: drainGrace: no such setting; did you mean drain_gr"},
        ProblemCase{"zebra: 1", "f:1:1: zebra: no such setting; there are listen, limits, "},
        ProblemCase{"services:\n  - nam: x", "f:2:5: services[0].nam: no such setting; did you "},
        ProblemCase{"log_level: a\n\nlog_level: b",
                    "f:3:1: log_level: is given twice; the first is on line 1"},
        ProblemCase{"services: [{deployer: {none: , exec: }}]",
                    "f:1:32: services[0].deployer.exec: only one of none, exec, http, grpc may be "
                    "given, and none is"},
        ProblemCase{"services: [{deployer: {exec: {command: {env: {A: 1, A: 2}}}}}]",
                    "f:1:53: services[0].deployer.exec.command.env.A: is given twice"},
        ProblemCase{"? [a]\n: b", "f:1:3: a setting's name must be text, is a list"},
        ProblemCase{"<<: {}", "f:1:1: merge keys (<<) are not supported"}));

INSTANTIATE_TEST_SUITE_P(
    Values, YamlProblemTable,
    testing::Values(
        ProblemCase{"[]", "f:1:1: must be a mapping of settings, is a list"},
        ProblemCase{"listen: here", "f:1:9: listen: must be a mapping of settings, is a single"},
        ProblemCase{"services: {}", "f:1:11: services: must be a list, is a mapping"},
        ProblemCase{"services: [1]", "f:1:12: services[0]: must be a mapping of settings"},
        ProblemCase{"services:\n  -\n", "f:3:1: services[0]: must be a mapping of settings, is em"},
        ProblemCase{"log_level: [a]", "f:1:12: log_level: must be a single value, is a list"},
        ProblemCase{"reflection: yes", "f:1:13: reflection: must be true or false, is \"yes\""},
        ProblemCase{"reflection: \"true\"", "f:1:13: reflection: must be true or false, is the te"},
        ProblemCase{"drain_grace: 5", "f:1:14: drain_grace: must be a duration such as 500ms, 90s"},
        ProblemCase{"drain_grace: -5s", "f:1:14: drain_grace: must be a duration of 0 or more"},
        ProblemCase{"limits: {history_per_service: 1.5}",
                    "f:1:31: limits.history_per_service: must be a whole number, is \"1.5\""},
        ProblemCase{"limits: {history_per_service: 3000000000}",
                    "f:1:31: limits.history_per_service: must be a whole number from -2147483648 "},
        ProblemCase{"services: [{strategy: {rolling_deployment: {delay_seconds: .nan}}}]",
                    "f:1:60: services[0].strategy.rolling_deployment.delay_seconds: must be a num"},
        ProblemCase{"services: [{strategy: {rolling_deployment: {delay_seconds: inf}}}]",
                    "f:1:60: services[0].strategy.rolling_deployment.delay_seconds: must be a fin"},
        ProblemCase{"services: [{on_failure: {policy: undo}}]",
                    "f:1:34: services[0].on_failure.policy: must be one of rollback, stop, "
                    "continue, is \"undo\""}));

INSTANTIATE_TEST_SUITE_P(
    Documents, YamlProblemTable,
    testing::Values(
        ProblemCase{"log_level: \"a\n", "f:2:1: not valid YAML: a quoted text is not closed"},
        ProblemCase{"log_level: 'a\nreflection: true", "f:3:1: not valid YAML: a quoted text is "},
        ProblemCase{"limits: {history_per_service: 1\n", "f:2:1: not valid YAML: "},
        ProblemCase{"a: b: c", "f:1:5: not valid YAML: "},
        ProblemCase{"log_level: caf\xe9\n", "f:1:15: must be UTF-8 without control characters"},
        ProblemCase{"log_level: info\n\x04services: 1", "f:2:1: must be UTF-8 without control"},
        ProblemCase{"log_level: &a info", "f:1:12: anchors (&name) are not supported"},
        ProblemCase{"log_level: !!str info", "f:1:12: tags (!name) are not supported"},
        ProblemCase{"log_level: a\n---\nlog_level: b\n",
                    "f:3:1: only one YAML document is allow"}));

TEST(YamlMessage, DeepNestingIsRefusedNotFollowed) {
  config::v1::Config config;
  EXPECT_THAT(ProblemsOf(std::string(200'000, '['), config),
              ElementsAre(HasSubstr("not valid YAML")));
}

TEST(YamlMessage, ReportsAllProblemsInTheOrderOfTheText) {
  config::v1::Config config;
  EXPECT_THAT(ProblemsOf("drain_grace: soon\nnope: 1\nservices:\n  - name: a\n    name: b\n"
                         "    targets: 3\n",
                         config),
              ElementsAre(StartsWith("f:1:14:"), StartsWith("f:2:1:"), StartsWith("f:5:5:"),
                          StartsWith("f:6:14:")));
}

TEST(YamlMessage, GivesLaterViolationsThePositionOfTheNearestField) {
  config::v1::Config config;
  YamlDocument document("f");
  document.Read("services:\n  - name: a\n    targets:\n      - id: X\n", config);
  Violations violations;
  violations.Add("services[0].targets[0].id", "is bad");
  violations.Add("services[0].targets[0].address", "must be given");
  violations.Add("services[0].strategy.kind", "must be given");
  violations.Add("limits", "is bad");
  document.Add(violations);
  EXPECT_THAT(
      document.Lines(),
      ElementsAre("f:1:1: limits: is bad", "f:2:5: services[0].strategy.kind: must be given",
                  "f:4:9: services[0].targets[0].id: is bad",
                  "f:4:9: services[0].targets[0].address: must be given"));
}

TEST(YamlMessage, DoesNotReportWhatFollowsFromAnotherProblem) {
  config::v1::Config config;
  YamlDocument document("f");
  document.Read("services:\n  - targets: 3\n    on_failure: {policy: x}\n", config);
  Violations violations;
  violations.Add("services[0].targets", "must be given");
  violations.Add("services[0].on_failure", "is incomplete");
  violations.Add("services[0].name", "must be given");
  document.Add(violations);
  EXPECT_THAT(document.Lines(), ElementsAre("f:2:5: services[0].name: must be given",
                                            HasSubstr("services[0].targets: must be a list"),
                                            HasSubstr("on_failure.policy: must be one of")));
}

}  // namespace
}  // namespace sluice
