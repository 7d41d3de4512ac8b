// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// What is special to the drivers that speak gRPC.

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "drivers/deployer/grpc_deployer.h"
#include "drivers/health/grpc_health_check.h"
#include "support/grpc_servers.h"
#include "support/http_server.h"

namespace sluice {
namespace {

using grpc::health::v1::HealthCheckResponse;
using testing_support::FakeAgent;
using testing_support::FakeHealth;
using testing_support::LoopbackGrpcServer;

TargetCall CallTo(const std::string& address) {
  TargetCall call;
  call.service = "shop";
  call.version = "1.2.3";
  call.target_id = "host-1";
  call.target_address = address;
  call.deployment_id = "d-7";
  call.step = 3;
  call.attempt = 2;
  return call;
}

TEST(GrpcDeployerTest, TellsTheAgentWhatTheCallIsAbout) {
  LoopbackGrpcServer server(std::make_unique<FakeAgent>(
      [](grpc::ServerContext*, const agent::v1::ApplyVersionRequest& request, std::string* output) {
        *output = request.ShortDebugString();
        return grpc::Status::OK;
      }));
  GrpcDeployer deployer{config::v1::GrpcDeployer()};
  EXPECT_EQ(deployer.Deploy(CallTo(server.address()), {}).output,
            "service: \"shop\" version: \"1.2.3\" target_id: \"host-1\" deployment_id: \"d-7\" "
            "step: 3 attempt: 2");
}

TEST(GrpcDeployerTest, DoesNotTakeAnAgentsCancelledForItsOwn) {
  LoopbackGrpcServer server(
      std::make_unique<FakeAgent>([](grpc::ServerContext*, const auto&, std::string*) {
        return grpc::Status(grpc::StatusCode::CANCELLED, "shutting down");
      }));
  GrpcDeployer deployer{config::v1::GrpcDeployer()};
  const absl::Status status = deployer.Deploy(CallTo(server.address()), {}).status;
  EXPECT_EQ(status.code(), absl::StatusCode::kUnknown);
  EXPECT_TRUE(absl::StrContains(status.message(), "shutting down")) << status;
}

TEST(GrpcDeployerTest, FailsAtOnceWhenNobodyListens) {
  GrpcDeployer deployer{config::v1::GrpcDeployer()};
  const absl::Status status =
      deployer.Deploy(CallTo(absl::StrCat("127.0.0.1:", testing_support::UnusedPort())), {}).status;
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
}

TEST(GrpcDeployerTest, KnowsNoVersionOfAServerThatIsNoAgent) {
  LoopbackGrpcServer server(
      std::make_unique<FakeHealth>([](grpc::ServerContext*, const std::string&,
                                      HealthCheckResponse*) { return grpc::Status::OK; }));
  GrpcDeployer deployer{config::v1::GrpcDeployer()};
  EXPECT_EQ(deployer.RunningVersion(CallTo(server.address()), {}).status().code(),
            absl::StatusCode::kUnimplemented);
}

TEST(GrpcDeployerTest, RefusesAVersionThatIsNoText) {
  const auto apply = [](grpc::ServerContext*, const auto&, std::string*) {
    return grpc::Status::OK;
  };
  for (const std::string& bytes : {std::string("v\xe9"
                                               "1"),
                                   std::string("v\0"
                                               "1",
                                               3)}) {
    LoopbackGrpcServer server(std::make_unique<FakeAgent>(apply, bytes));
    GrpcDeployer deployer{config::v1::GrpcDeployer()};
    const auto version = deployer.RunningVersion(CallTo(server.address()), {});
    EXPECT_FALSE(version.ok()) << *version;
  }
}

TEST(GrpcHealthCheckTest, AsksForTheConfiguredService) {
  LoopbackGrpcServer server(std::make_unique<FakeHealth>(
      [](grpc::ServerContext*, const std::string& service, HealthCheckResponse* response) {
        response->set_status(service == "shop.Cart" ? HealthCheckResponse::SERVING
                                                    : HealthCheckResponse::SERVICE_UNKNOWN);
        return grpc::Status::OK;
      }));
  config::v1::GrpcHealthCheck config;
  EXPECT_EQ(GrpcHealthCheck(config, absl::Seconds(30))
                .Check(CallTo(server.address()), {})
                .status()
                .message(),
            "SERVICE_UNKNOWN");
  config.set_service_name("shop.Cart");
  const auto result =
      GrpcHealthCheck(config, absl::Seconds(30)).Check(CallTo(server.address()), {});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(*result, "SERVING");
}

}  // namespace
}  // namespace sluice
