// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// What every Deployer promises, held against the fake, and against each driver with a
// real command or server.

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "base/timestamp.h"
#include "contract/fake_driver.h"
#include "contract/port_contract.h"
#include "drivers/deployer/exec_deployer.h"
#include "drivers/deployer/grpc_deployer.h"
#include "drivers/deployer/http_deployer.h"
#include "drivers/deployer/none_deployer.h"
#include "support/grpc_servers.h"
#include "support/http_server.h"

namespace sluice {
namespace {

using testing_support::FakeAgent;
using testing_support::HttpAnswer;
using testing_support::HttpServer;
using testing_support::LoopbackGrpcServer;

// A deployer, and what it deploys to.
struct Subject {
  std::shared_ptr<void> world;
  std::string address;
  std::shared_ptr<Deployer> deployer;
};

Subject Exec(Behaviour behaviour, absl::Duration timeout) {
  config::v1::ExecDeployer config;
  for (const std::string& argument :
       {std::string("sh"), std::string("-c"), ShellScript(behaviour)}) {
    config.mutable_command()->add_argv(argument);
  }
  *config.mutable_command()->mutable_timeout() = ToProtoDuration(timeout);
  *config.mutable_command()->mutable_kill_grace() = ToProtoDuration(kShort);
  for (const char* argument : {"echo", "1.0.0"}) {
    config.mutable_version_command()->add_argv(argument);
  }
  return {nullptr, "", std::make_shared<ExecDeployer>(config)};
}

Subject Http(Behaviour behaviour, absl::Duration timeout) {
  auto server = std::make_shared<HttpServer>([behaviour](const auto& request) -> std::string {
    if (absl::StartsWith(request.line(), "GET /version ")) return HttpAnswer(200, "1.0.0\n");
    if (behaviour == Behaviour::kSucceed) return HttpAnswer(200, kAnswer);
    if (behaviour == Behaviour::kFail) return HttpAnswer(500, kComplaint);
    if (behaviour == Behaviour::kHang) return "";
    return HttpAnswer(500, std::string(kFloodBytes, '\xFF'));
  });
  config::v1::HttpDeployer config;
  config.set_url("http://{address}/deploy");
  config.set_version_url("http://{address}/version");
  *config.mutable_timeout() = ToProtoDuration(timeout);
  return {server, server->address(), std::make_shared<HttpDeployer>(config)};
}

grpc::Status ApplyAs(Behaviour behaviour, grpc::ServerContext* context, std::string* output) {
  if (behaviour == Behaviour::kHang) return testing_support::HangUntilCancelled(context);
  if (behaviour == Behaviour::kFail) return grpc::Status(grpc::StatusCode::INTERNAL, kComplaint);
  if (behaviour == Behaviour::kFloodAndFail) {
    // As much as gRPC carries in a status message.
    return grpc::Status(grpc::StatusCode::INTERNAL, std::string(2000, '\xFF'));
  }
  *output = kAnswer;
  return grpc::Status::OK;
}

Subject Grpc(Behaviour behaviour, absl::Duration timeout) {
  auto server = std::make_shared<LoopbackGrpcServer>(std::make_unique<FakeAgent>(
      [behaviour](grpc::ServerContext* context, const auto&, std::string* output) {
        return ApplyAs(behaviour, context, output);
      }));
  config::v1::GrpcDeployer config;
  *config.mutable_timeout() = ToProtoDuration(timeout);
  return {server, server->address(), std::make_shared<GrpcDeployer>(config)};
}

Subject Fake(Behaviour behaviour, absl::Duration timeout) {
  return {nullptr, "", FakeDriver(behaviour, timeout)};
}

struct Driver {
  std::string name;
  Subject (*make)(Behaviour, absl::Duration);
};

class DeployerContract : public testing::TestWithParam<Driver> {
 protected:
  void Make(Behaviour behaviour, absl::Duration timeout = kLong) {
    subject_ = GetParam().make(behaviour, timeout);
    call_ = CallTo(subject_.address);
  }
  CallResult Deploy(std::stop_token stop = {}) {
    return subject_.deployer->Deploy(call_, std::move(stop));
  }
  BlockingCall Blocking() {
    return [this](std::stop_token stop) { return Deploy(std::move(stop)).status; };
  }

  Subject subject_;
  TargetCall call_;
};

TEST_P(DeployerContract, SucceedsWithTheOutput) {
  Make(Behaviour::kSucceed);
  const CallResult result = Deploy();
  EXPECT_TRUE(result.status.ok()) << result.status;
  EXPECT_TRUE(absl::StrContains(result.output, kAnswer)) << result.output;
}

TEST_P(DeployerContract, FailsWithTheOutput) {
  Make(Behaviour::kFail);
  const CallResult result = Deploy();
  EXPECT_FALSE(result.status.ok());
  EXPECT_FALSE(absl::IsCancelled(result.status)) << result.status;
  EXPECT_TRUE(absl::StrContains(result.output, kComplaint)) << result.output;
}

TEST_P(DeployerContract, EndsAtItsTimeout) {
  Make(Behaviour::kHang, kShort);
  const absl::Status status = Deploy().status;
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded) << status;
}

TEST_P(DeployerContract, BoundsItsDuration) {
  Make(Behaviour::kHang, kShort);
  EXPECT_GE(subject_.deployer->MaxDuration(), kShort);
  EXPECT_LT(subject_.deployer->MaxDuration(), kLong);
}

TEST_P(DeployerContract, CancelsAtOnce) {
  Make(Behaviour::kHang);
  ExpectCancelsAtOnce(Blocking());
}

TEST_P(DeployerContract, DoesNothingWhenCancelledBefore) {
  Make(Behaviour::kSucceed);
  ExpectCancelledBeforeTheStart(Blocking());
}

TEST_P(DeployerContract, BoundsItsOutputAndMakesItUtf8) {
  Make(Behaviour::kFloodAndFail);
  const CallResult result = Deploy();
  EXPECT_FALSE(result.status.ok());
  EXPECT_FALSE(result.output.empty());
  EXPECT_TRUE(IsBoundedUtf8(result.output));
  EXPECT_TRUE(IsBoundedUtf8(std::string(result.status.message())));
}

TEST_P(DeployerContract, ServesTenAtOnce) {
  Make(Behaviour::kSucceed);
  ExpectServesTenAtOnce(Blocking());
}

TEST_P(DeployerContract, ReportsTheRunningVersion) {
  Make(Behaviour::kSucceed);
  const auto version = subject_.deployer->RunningVersion(call_, {});
  ASSERT_TRUE(version.ok()) << version.status();
  EXPECT_EQ(*version, "1.0.0");
  EXPECT_TRUE(subject_.deployer->TellsVersion());
}

INSTANTIATE_TEST_SUITE_P(Drivers, DeployerContract,
                         testing::Values(Driver{"Fake", Fake}, Driver{"Exec", Exec},
                                         Driver{"Http", Http}, Driver{"Grpc", Grpc}),
                         [](const auto& test) { return test.param.name; });

// The driver that cannot fail keeps what is left of the contract.
TEST(NoneDeployerContract, SucceedsUnlessCancelled) {
  NoneDeployer deployer;
  const auto deploy = [&](std::stop_token stop) {
    return deployer.Deploy(CallTo(""), std::move(stop)).status;
  };
  ExpectServesTenAtOnce(deploy);
  ExpectCancelledBeforeTheStart(deploy);
  EXPECT_EQ(deployer.RunningVersion(CallTo(""), {}).status().code(),
            absl::StatusCode::kUnimplemented);
  EXPECT_FALSE(deployer.TellsVersion());
}

}  // namespace
}  // namespace sluice
