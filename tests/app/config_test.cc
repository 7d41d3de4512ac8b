// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "app/config.h"

#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

std::vector<std::string> Faults(const std::string& text, const ConfigFlags& flags = {}) {
  const auto config = ParseConfig("f", text, flags);
  if (config.ok()) return {};
  return absl::StrSplit(std::string(config.status().message()), '\n');
}

TEST(Config, WithoutAFileEveryDefaultIsSetAndAnyServiceIsAccepted) {
  const auto config = LoadConfig(std::nullopt, {});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->listen().unix_socket(), "/run/sluice/sluice.sock");
  EXPECT_EQ(config->listen().tcp(), "");
  EXPECT_EQ(config->limits().max_active_deployments(), 1000);
  EXPECT_EQ(config->limits().max_pending_deployments(), 10'000);
  EXPECT_EQ(config->limits().history_per_service(), 20);
  EXPECT_EQ(config->limits().max_target_calls(), 1024);
  EXPECT_EQ(config->drain_grace().seconds(), 20);
  EXPECT_EQ(config->watch_heartbeat().seconds(), 30);
  EXPECT_TRUE(config->allow_unconfigured_services());
  EXPECT_TRUE(config->reflection());
  EXPECT_EQ(config->log_level(), "info");
}

TEST(Config, WithAFileOnlyConfiguredServicesAreAccepted) {
  const auto config = ParseConfig("f", "", {});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_FALSE(config->allow_unconfigured_services());
}

TEST(Config, FlagsReplaceWhatTheFileSays) {
  ConfigFlags flags;
  flags.unix_socket = "/tmp/s";
  flags.tcp = "0.0.0.0:1";
  flags.insecure_listen = true;
  flags.log_level = "debug";
  const auto config =
      ParseConfig("f", "listen: {unix_socket: none, tcp: 'x'}\nlog_level: error\n", flags);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->listen().unix_socket(), "/tmp/s");
  EXPECT_EQ(config->listen().tcp(), "0.0.0.0:1");
  EXPECT_EQ(config->log_level(), "debug");
}

TEST(Config, NamesTheFlagThatIsWrong) {
  ConfigFlags flags;
  flags.tcp = "0.0.0.0:1";
  flags.log_level = "loud";
  EXPECT_THAT(Faults("drain_grace: 0s", flags),
              ElementsAre(StartsWith("--listen: must be a loopback address"),
                          StartsWith("--log-level: must be debug, info, warn or error"),
                          StartsWith("f:1:1: drain_grace: must be above 0")));
}

TEST(Config, HoldsAccessAndTlsAgainstTheirRules) {
  EXPECT_THAT(Faults("access: {grants: [{unix_uid: 0, role: king, services: []}]}\n"
                     "listen: {tls: {key_file: k, certificate_file: /c}}\n"),
              testing::IsSupersetOf(
                  {HasSubstr("access.grants[0].role: must be one of viewer, deployer, operator"),
                   HasSubstr("access.grants[0].services: must be given"),
                   HasSubstr("listen.tls.key_file: must be an absolute path")}));
}

TEST(Config, OpensATcpAddressToOthersOnlyWhenItKnowsWhoCalls) {
  const std::string open = "listen: {tcp: '0.0.0.0:1'";
  const std::string tls = ", tls: {certificate_file: /c, key_file: /k";
  const std::string access = "access: {}\n";
  const auto is_closed = ElementsAre(HasSubstr("must be a loopback address"));
  EXPECT_THAT(Faults(open + "}\n"), is_closed);
  EXPECT_THAT(Faults(open + "}\n" + access), is_closed);
  EXPECT_THAT(Faults(open + tls + "}}\n"), is_closed);
  EXPECT_THAT(Faults(open + tls + ", client_ca_file: /a, client_certificate_optional: true}}\n"),
              is_closed);
  EXPECT_THAT(Faults(open + tls + "}}\n" + access), IsEmpty());
  EXPECT_THAT(Faults(open + tls + ", client_ca_file: /a}}\n"), IsEmpty());
  EXPECT_THAT(Faults(open + ", insecure_listen: true}\n"), IsEmpty());
}

TEST(Config, ListsAllFaultsOfAFileAtOnce) {
  EXPECT_THAT(Faults(R"(listen: {tcp: "0.0.0.0:80"}
services:
  - name: shop
    targets: [{id: a, address: "h:1"}, {id: a, address: "h:2"}]
    strategy: {rolling_deployment: {batch_size: 0}}
    progress_deadline: soon
    color: blue
  - name: shop
)"),
              ElementsAre(StartsWith("f:1:10: listen.tcp: must be a loopback address"),
                          StartsWith("f:4:41: services[0].targets[1].id: must be unique"),
                          HasSubstr("services[0].strategy.rolling_deployment.batch_size: must be"),
                          StartsWith("f:6:24: services[0].progress_deadline: must be a duration"),
                          StartsWith("f:7:5: services[0].color: no such setting"),
                          StartsWith("f:8:5: services[1].targets: must be given"),
                          StartsWith("f:8:5: services[1].name: must be unique, \"shop\" is that")));
}

TEST(Config, AnAddressThatBecomesAPartOfAUrlIsAHost) {
  const std::string targets =
      "services:\n  - name: shop\n    targets: [{id: a, address: 'h:1/x'}, {id: b}, "
      "{id: c, address: 'h:1'}]\n    ";
  const auto is_no_host =
      ElementsAre(HasSubstr("services[0].targets[0].address: must be host:port"));
  for (const std::string driver :
       {"deployer: {http: {url: 'http://{address}/'}}",
        "deployer: {http: {url: 'http://gateway/', version_url: 'http://{address}/version'}}",
        "health_check: {http: {path: /}}", "health_check: {tcp: {}}"}) {
    EXPECT_THAT(Faults(targets + driver + "\n"), is_no_host) << driver;
  }
  for (const std::string driver :
       {"deployer: {http: {url: 'http://gateway/{target_id}'}}", "deployer: {grpc: {}}",
        "health_check: {http: {path: 'http://gateway/{target_id}'}}"}) {
    EXPECT_THAT(Faults(targets + driver + "\n"), IsEmpty()) << driver;
  }
}

struct FaultCase {
  const char* text;
  const char* fault;
};

class ConfigFault : public testing::TestWithParam<FaultCase> {};

TEST_P(ConfigFault, IsTheOnlyOneReported) {
  EXPECT_THAT(Faults(GetParam().text), ElementsAre(HasSubstr(GetParam().fault)));
}

INSTANTIATE_TEST_SUITE_P(
    Daemon, ConfigFault,
    testing::Values(
        FaultCase{"listen: {tcp: nowhere}", "f:1:10: listen.tcp: must be HOST:PORT such as"},
        FaultCase{"listen: {tcp: \"10.0.0.1:80\"}", "or set insecure_listen where the network"},
        FaultCase{"listen: {unix_socket: none}", "must not be none without listen.tcp"},
        FaultCase{"limits: {max_active_deployments: 0}", "must be from 1 to 30000, is 0"},
        FaultCase{"limits: {max_pending_deployments: -1}", "must be from 1 to 1000000, is -1"},
        FaultCase{"limits: {history_per_service: 0}", "limits.history_per_service: must be from 1"},
        FaultCase{"limits: {max_target_calls: 99999}", "must be from 1 to 30000, is 99999"},
        FaultCase{"log_level: loud", "must be debug, info, warn or error, is \"loud\""},
        FaultCase{"drain_grace: 48h", "must be above 0 and at most 24h, is 48h"},
        FaultCase{"watch_heartbeat: 50ms", "must be from 100ms to 1h, is 50ms"},
        FaultCase{"watch_heartbeat: 2h", "must be from 100ms to 1h, is 2h"}));

INSTANTIATE_TEST_SUITE_P(
    Services, ConfigFault,
    testing::Values(
        FaultCase{"services: [{allow_request_targets: true}]", "services[0].name: must be given"},
        FaultCase{"services: [{name: Shop, allow_request_targets: true}]",
                  "services[0].name: must be 1 to 63 of a-z"},
        FaultCase{"services: [{name: a}]", "the default strategy is target-based; list the targ"},
        FaultCase{"services: [{name: a, targets: [{id: t}], deployer: {exec: {command: {argv: "
                  "[cat]}}}, strategy: {blue_green_deployment: }}]",
                  "services[0].strategy.blue_green_deployment: needs a router"},
        FaultCase{"services: [{name: a, strategy: {canary_deployment: }}]",
                  "services[0].targets: must be given: the strategy is target-based"},
        FaultCase{"services: [{name: a, initial_version: 'a b', targets: [{id: x}]}]",
                  "services[0].initial_version: must be 1 to 128 printable"},
        FaultCase{"services: [{name: a, targets: [{id: X}]}]", "services[0].targets[0].id: must b"},
        FaultCase{"services: [{name: a, targets: [{id: x}], progress_deadline: 0s}]",
                  "services[0].progress_deadline: must be above 0"},
        FaultCase{"services: [{name: a, targets: [{id: x}], on_failure: {max_failed_targets: -1}}]",
                  "services[0].on_failure.max_failed_targets"},
        FaultCase{"services: [{name: a, targets: [{id: x}], deployer: {exec: {command: {}}}}]",
                  "services[0].deployer.exec.command.argv"},
        FaultCase{"services: [{name: a, targets: 3}]", "services[0].targets: must be a list"}));

TEST(Config, AServiceNeedsNoTargetsWhereTheStrategyOrTheRequestBringsNone) {
  EXPECT_THAT(Faults("services: [{name: a, strategy: {blue_green_strategy: }},"
                     " {name: b, allow_request_targets: true}]"),
              ElementsAre());
}

TEST(Config, AFileThatIsNotThereIsNamed) {
  const auto config = LoadConfig("/nonexistent/sluice.yaml", {});
  EXPECT_EQ(config.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(config.status().message()),
              HasSubstr("/nonexistent/sluice.yaml: cannot be read: No such file"));
  EXPECT_FALSE(LoadConfig("/", {}).ok());
}

TEST(Config, IsReadFromAFile) {
  const std::string file = absl::StrCat(testing::TempDir(), "/sluice-config-test.yaml");
  std::ofstream(file) << "log_level: warn\n";
  const auto config = LoadConfig(file, {});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->log_level(), "warn");
}

}  // namespace
}  // namespace sluice
