// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// What is special to the drivers that run commands.

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <future>
#include <map>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/timestamp.h"
#include "drivers/deployer/exec_deployer.h"
#include "drivers/health/exec_health_check.h"
#include "drivers/router/exec_router.h"
#include "drivers/shared/command.h"

namespace sluice {
namespace {

config::v1::Command Shell(const std::string& script) {
  config::v1::Command command;
  for (const std::string& argument : {std::string("/bin/sh"), std::string("-c"), script}) {
    command.add_argv(argument);
  }
  return command;
}

TargetCall Call() {
  TargetCall call;
  call.service = "shop";
  call.version = "v2; rm -rf $(id)";
  call.target_id = "host-1";
  call.target_address = "10.0.0.1:80";
  call.deployment_id = "d-7";
  call.step = 3;
  call.attempt = 2;
  call.epoch = 5;
  return call;
}

// Commands are found on the whole machine: another test's, that runs beside this one, are not ours.
TargetCall CallOfThisProcess() {
  TargetCall call = Call();
  call.deployment_id = absl::StrCat("process-", getpid());
  return call;
}

TEST(ExecDeployerTest, TellsTheCommandWhatTheCallIsAbout) {
  config::v1::ExecDeployer config;
  *config.mutable_command() = Shell("env | grep -v -e CALL_ID -e PATH -e PWD | sort");
  (*config.mutable_command()->mutable_env())["REGION"] = "north";
  EXPECT_EQ(ExecDeployer(config).Deploy(Call(), {}).output,
            "REGION=north\n"
            "SLUICE_ATTEMPT=2\n"
            "SLUICE_DEPLOYMENT_ID=d-7\n"
            "SLUICE_EPOCH=5\n"
            "SLUICE_SERVICE=shop\n"
            "SLUICE_STEP=3\n"
            "SLUICE_TARGET_ADDRESS=10.0.0.1:80\n"
            "SLUICE_TARGET_ID=host-1\n"
            "SLUICE_VERSION=v2; rm -rf $(id)\n");
}

TEST(ExecDeployerTest, TakesTheVersionFromStandardOutputAlone) {
  config::v1::ExecDeployer config;
  *config.mutable_command() = Shell("true");
  *config.mutable_version_command() = Shell("echo deprecated >&2; echo '  1.2.3  '");
  const auto version = ExecDeployer(config).RunningVersion(Call(), {});
  ASSERT_TRUE(version.ok()) << version.status();
  EXPECT_EQ(*version, "1.2.3");
}

TEST(ExecDeployerTest, RefusesWhatIsNoVersion) {
  config::v1::ExecDeployer config;
  *config.mutable_command() = Shell("true");
  *config.mutable_version_command() = Shell("echo not a version");
  const absl::Status status = ExecDeployer(config).RunningVersion(Call(), {}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnknown);
  EXPECT_TRUE(absl::StrContains(status.message(), "\"not a version\"")) << status;
}

// Not what it is shown as, which nobody has ever deployed.
TEST(ExecDeployerTest, RefusesAVersionThatIsNoText) {
  config::v1::ExecDeployer config;
  *config.mutable_command() = Shell("true");
  for (const std::string bytes : {"v\\3511", "v\\0001"}) {
    *config.mutable_version_command() = Shell(absl::StrCat("printf '", bytes, "'"));
    const absl::Status status = ExecDeployer(config).RunningVersion(Call(), {}).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kUnknown) << bytes;
    EXPECT_TRUE(absl::StrContains(status.message(), "\"v?1\"")) << status;
  }
}

TEST(ExecDeployerTest, SaysWhyTheVersionIsNotKnown) {
  config::v1::ExecDeployer config;
  *config.mutable_command() = Shell("true");
  EXPECT_EQ(ExecDeployer(config).RunningVersion(Call(), {}).status().code(),
            absl::StatusCode::kUnimplemented);
  EXPECT_FALSE(ExecDeployer(config).TellsVersion());
  *config.mutable_version_command() = Shell("echo host is down >&2; exit 4");
  const absl::Status status = ExecDeployer(config).RunningVersion(Call(), {}).status();
  EXPECT_TRUE(absl::StrContains(status.message(), "exit code 4: host is down")) << status;
}

TEST(ExecDeployerTest, AllowsForTheGraceInItsLongestDuration) {
  config::v1::ExecDeployer config;
  *config.mutable_command() = Shell("true");
  EXPECT_GE(ExecDeployer(config).MaxDuration(), absl::Minutes(5) + absl::Seconds(5));
  *config.mutable_command()->mutable_timeout() = ToProtoDuration(absl::Seconds(1));
  *config.mutable_command()->mutable_kill_grace() = ToProtoDuration(absl::ZeroDuration());
  EXPECT_LT(ExecDeployer(config).MaxDuration(), absl::Seconds(10));
}

// As of a daemon that was killed: the test's own commands look the same.
TEST(ExecDeployerTest, T11TheCommandsOfADeploymentAreFoundAndKilled) {
  config::v1::ExecDeployer config;
  *config.mutable_command() = Shell("setsid sleep 60 & wait");
  auto deployed = std::async(std::launch::async,
                             [&] { return ExecDeployer(config).Deploy(CallOfThisProcess(), {}); });
  const std::string id = CallOfThisProcess().deployment_id;
  std::map<pid_t, std::string> killed;
  while (killed.empty()) {
    EXPECT_EQ(KillCommandsOf({id + "-other"}).size(), 0u);
    killed = KillCommandsOf({id, id + "-other"});
  }
  EXPECT_EQ(deployed.get().status.code(), absl::StatusCode::kUnknown);
}

TEST(ExecDeployerTest, T11WhatACommandLeftBehindOnPurposeIsNotKilled) {
  config::v1::ExecDeployer config;
  config.set_leave_survivors(true);
  *config.mutable_command() = Shell("setsid sleep 60 >/dev/null 2>&1 & echo $!");
  const auto call = CallOfThisProcess();
  const CallResult deployed = ExecDeployer(config).Deploy(call, {});
  EXPECT_EQ(KillCommandsOf({call.deployment_id}).size(), 0u);
  EXPECT_EQ(kill(std::stoi(deployed.output), SIGKILL), 0);
}

TEST(ExecHealthCheckTest, AnswersWithTheLastLine) {
  config::v1::ExecHealthCheck config;
  *config.mutable_command() = Shell("echo looking; echo \"$SLUICE_TARGET_ID is up\"");
  const auto result = ExecHealthCheck(config, absl::Seconds(5)).Check(Call(), {});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(*result, "host-1 is up");
}

struct RouterCase {
  std::string name;
  absl::Status (*act)(TrafficRouter&, const RouteCall&);
  std::string environment;
};

class ExecRouterTest : public testing::TestWithParam<RouterCase> {};

TEST_P(ExecRouterTest, TellsTheCommandWhatToDo) {
  config::v1::ExecRouter config;
  // Fails, so that the message shows what it got.
  *config.mutable_command() = Shell("env | grep SLUICE | grep -v CALL | sort | xargs; exit 1");
  ExecRouter router(config);
  const absl::Status status = GetParam().act(router, {"shop", "1.2.3", "d-7"});
  EXPECT_TRUE(absl::EndsWith(status.message(), ": " + GetParam().environment)) << status;
}

INSTANTIATE_TEST_SUITE_P(
    Verbs, ExecRouterTest,
    testing::Values(RouterCase{"SetTraffic",
                               [](TrafficRouter& router, const RouteCall& call) {
                                 return router.SetTraffic(call, 12.5, {});
                               },
                               "SLUICE_ACTION=set_traffic SLUICE_DEPLOYMENT_ID=d-7 SLUICE_EPOCH=0 "
                               "SLUICE_PERCENTAGE=12.5 SLUICE_SERVICE=shop SLUICE_VERSION=1.2.3"},
                    RouterCase{"Switch",
                               [](TrafficRouter& router, const RouteCall& call) {
                                 return router.Switch(call, "green", {});
                               },
                               "SLUICE_ACTION=switch SLUICE_DEPLOYMENT_ID=d-7 SLUICE_EPOCH=0 "
                               "SLUICE_SERVICE=shop SLUICE_SLOT=green SLUICE_VERSION=1.2.3"},
                    RouterCase{"SetFlag",
                               [](TrafficRouter& router, const RouteCall& call) {
                                 return router.SetFlag(call, "ff_shop", 100, {});
                               },
                               "SLUICE_ACTION=set_flag SLUICE_DEPLOYMENT_ID=d-7 SLUICE_EPOCH=0 "
                               "SLUICE_FLAG=ff_shop SLUICE_PERCENTAGE=100 SLUICE_SERVICE=shop "
                               "SLUICE_VERSION=1.2.3"}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace sluice
