// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// What is special to the drivers that speak HTTP.

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/timestamp.h"
#include "drivers/deployer/http_deployer.h"
#include "drivers/health/http_health_check.h"
#include "drivers/health/tcp_health_check.h"
#include "support/http_server.h"

namespace sluice {
namespace {

using testing_support::HttpAnswer;
using testing_support::HttpServer;
using testing_support::ReceivedRequest;

TargetCall CallTo(const std::string& address) {
  TargetCall call;
  call.service = "shop";
  call.version = "v1/2 \"x\"&é";
  call.target_id = "host-1";
  call.target_address = address;
  call.deployment_id = "d-7";
  call.step = 3;
  call.attempt = 2;
  call.epoch = 5;
  return call;
}

HttpServer::Handler Always(int code, const std::string& body) {
  return [=](const ReceivedRequest&) { return HttpAnswer(code, body); };
}

config::v1::HttpDeployer DeployerConfig(const std::string& url) {
  config::v1::HttpDeployer config;
  config.set_url(url);
  *config.mutable_timeout() = ToProtoDuration(absl::Seconds(30));
  return config;
}

TEST(HttpDeployerTest, RefusesAVersionThatIsNoText) {
  for (const std::string& bytes : {std::string("v\xe9"
                                               "1"),
                                   std::string("v\0"
                                               "1",
                                               3)}) {
    HttpServer server(Always(200, bytes));
    auto config = DeployerConfig("http://{address}/");
    config.set_version_url("http://{address}/");
    const absl::Status status =
        HttpDeployer(config).RunningVersion(CallTo(server.address()), {}).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kUnknown) << status;
  }
}

TEST(HttpDeployerTest, PostsJsonThatSaysWhatTheCallIsAbout) {
  HttpServer server(Always(201, "done"));
  auto config = DeployerConfig("http://{address}/deploy/{service}?v={version}");
  (*config.mutable_headers())["Authorization"] = "Bearer secret";
  const TargetCall call = CallTo(server.address());
  const CallResult result = HttpDeployer(config).Deploy(call, {});
  EXPECT_TRUE(result.status.ok()) << result.status;
  EXPECT_EQ(result.output, "done");
  ASSERT_EQ(server.requests().size(), 1u);
  const ReceivedRequest request = server.requests()[0];
  EXPECT_EQ(request.line(), "POST /deploy/shop?v=v1%2F2%20%22x%22%26%C3%A9 HTTP/1.1");
  EXPECT_TRUE(absl::StrContains(request.head, "Content-Type: application/json\r\n"));
  EXPECT_TRUE(absl::StrContains(request.head, "Authorization: Bearer secret\r\n"));
  google::protobuf::Struct body;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(request.body, &body).ok());
  EXPECT_EQ(body.fields().size(), 8u);
  EXPECT_EQ(body.fields().at("service").string_value(), call.service);
  EXPECT_EQ(body.fields().at("version").string_value(), call.version);
  EXPECT_EQ(body.fields().at("target_id").string_value(), call.target_id);
  EXPECT_EQ(body.fields().at("target_address").string_value(), call.target_address);
  EXPECT_EQ(body.fields().at("deployment_id").string_value(), call.deployment_id);
  EXPECT_EQ(body.fields().at("step").number_value(), 3);
  EXPECT_EQ(body.fields().at("attempt").number_value(), 2);
  EXPECT_EQ(body.fields().at("epoch").number_value(), 5);
}

TEST(HttpDeployerTest, TakesOnly2xxAsSuccess) {
  for (int code : {301, 400, 404, 500, 503}) {
    HttpServer server(Always(code, "no room left"));
    const CallResult result =
        HttpDeployer(DeployerConfig("http://{address}/")).Deploy(CallTo(server.address()), {});
    EXPECT_TRUE(absl::StrContains(result.status.message(), absl::StrCat("HTTP ", code)));
    EXPECT_EQ(result.output, "no room left");
    EXPECT_EQ(server.requests().size(), 1u) << "an answer is never asked for again";
  }
}

TEST(HttpDeployerTest, RetriesUntilAConnectionCanBeMade) {
  const int port = testing_support::UnusedPort();
  std::unique_ptr<HttpServer> server;
  std::jthread late_start([&] {
    absl::SleepFor(absl::Milliseconds(300));
    server = std::make_unique<HttpServer>(Always(200, "up at last"), port);
  });
  auto config = DeployerConfig("http://{address}/");
  config.set_connect_retries(20);
  const CallResult result =
      HttpDeployer(config).Deploy(CallTo(absl::StrCat("127.0.0.1:", port)), {});
  late_start.join();
  EXPECT_TRUE(result.status.ok()) << result.status;
  EXPECT_EQ(server->requests().size(), 1u);
}

TEST(HttpDeployerTest, GivesUpConnectingAfterItsRetries) {
  auto config = DeployerConfig("http://{address}/");
  config.set_connect_retries(1);
  const CallResult result = HttpDeployer(config).Deploy(
      CallTo(absl::StrCat("127.0.0.1:", testing_support::UnusedPort())), {});
  EXPECT_EQ(result.status.code(), absl::StatusCode::kUnavailable) << result.status;
}

TEST(HttpDeployerTest, DoesNotRepeatARequestThatTheTargetMayHaveTaken) {
  // Answers with something that is no HTTP, as a proxy does that loses its backend.
  HttpServer server([](const ReceivedRequest&) { return std::string("\r\n"); });
  const CallResult result =
      HttpDeployer(DeployerConfig("http://{address}/")).Deploy(CallTo(server.address()), {});
  EXPECT_FALSE(result.status.ok());
  EXPECT_EQ(server.requests().size(), 1u);
}

TEST(HttpDeployerTest, StopsWaitingToConnectWhenCancelled) {
  auto config = DeployerConfig("http://{address}/");
  config.set_connect_retries(100);
  HttpDeployer deployer(config);
  std::stop_source source;
  std::jthread canceller([&] {
    absl::SleepFor(absl::Milliseconds(500));
    source.request_stop();
  });
  const CallResult result = deployer.Deploy(
      CallTo(absl::StrCat("127.0.0.1:", testing_support::UnusedPort())), source.get_token());
  EXPECT_EQ(result.status.code(), absl::StatusCode::kCancelled) << result.status;
}

TEST(HttpDeployerTest, RefusesAnAnswerWithoutEnd) {
  HttpServer server(Always(200, std::string(HttpClient::kMaxBodyBytes + 1, 'x')));
  const CallResult result =
      HttpDeployer(DeployerConfig("http://{address}/")).Deploy(CallTo(server.address()), {});
  EXPECT_EQ(result.status.code(), absl::StatusCode::kResourceExhausted) << result.status;
}

TEST(HttpDeployerTest, SaysWhyTheVersionIsNotKnown) {
  HttpServer server(Always(404, "1.0.0"));
  auto config = DeployerConfig("http://{address}/");
  EXPECT_EQ(HttpDeployer(config).RunningVersion(CallTo(server.address()), {}).status().code(),
            absl::StatusCode::kUnimplemented);
  EXPECT_FALSE(HttpDeployer(config).TellsVersion());
  config.set_version_url("http://{address}/version");
  const absl::Status status =
      HttpDeployer(config).RunningVersion(CallTo(server.address()), {}).status();
  EXPECT_TRUE(absl::StrContains(status.message(), "HTTP 404")) << status;
}

struct HealthCase {
  std::string name;
  int code;
  std::string body;
  std::vector<int> expected_codes;
  std::string body_contains;
  bool healthy;
};

class HttpHealthCheckTest : public testing::TestWithParam<HealthCase> {};

TEST_P(HttpHealthCheckTest, JudgesCodeAndBody) {
  const HealthCase& test = GetParam();
  HttpServer server(Always(test.code, test.body));
  config::v1::HttpHealthCheck config;
  config.set_body_contains(test.body_contains);
  config.mutable_expected_codes()->Add(test.expected_codes.begin(), test.expected_codes.end());
  TargetCall call = CallTo(server.address());
  call.version = "1.2.3";
  const auto result = HttpHealthCheck(config, absl::Seconds(30)).Check(call, {});
  EXPECT_EQ(result.ok(), test.healthy) << result.status();
}

INSTANTIATE_TEST_SUITE_P(
    Answers, HttpHealthCheckTest,
    testing::Values(
        HealthCase{"Any2xx", 204, "", {}, "", true},
        HealthCase{"RedirectIsNotFollowed", 302, "", {}, "", false},
        HealthCase{"ServerError", 500, "", {}, "", false},
        HealthCase{"ExpectedCode", 401, "", {200, 401}, "", true},
        HealthCase{"UnexpectedSuccess", 204, "", {200}, "", false},
        HealthCase{"BodyMatches", 200, "status: ok", {}, "ok", true},
        HealthCase{"BodyDiffers", 200, "status: bad", {}, "ok", false},
        HealthCase{"JsonWithVersion", 200, "{\"v\":\"1.2.3\"}", {}, "{\"v\":\"{version}\"}", true},
        HealthCase{"OldVersion", 200, "{\"v\":\"1.2.2\"}", {}, "{version}", false}),
    [](const auto& test) { return test.param.name; });

TEST(HttpHealthCheckUrlTest, AsksForItsPathOrFullUrl) {
  for (const auto& [path, line] : std::vector<std::pair<std::string, std::string>>{
           {"", "GET / HTTP/1.1"},
           {"/healthz?deep=1", "GET /healthz?deep=1 HTTP/1.1"},
           {"http://{address}/of/{target_id}", "GET /of/host-1 HTTP/1.1"}}) {
    HttpServer server(Always(200, ""));
    config::v1::HttpHealthCheck config;
    config.set_path(path);
    const auto result =
        HttpHealthCheck(config, absl::Seconds(30)).Check(CallTo(server.address()), {});
    EXPECT_TRUE(result.ok()) << result.status();
    ASSERT_EQ(server.requests().size(), 1u);
    EXPECT_EQ(server.requests()[0].line(), line);
  }
}

TEST(TcpHealthCheckTest, WantsHostAndPort) {
  TcpHealthCheck check(absl::Seconds(5));
  for (const char* address : {"", "host", ":80", "host:", "host:0", "host:70000", "a@host:80"}) {
    EXPECT_EQ(check.Check(CallTo(address), {}).status().code(), absl::StatusCode::kInvalidArgument)
        << address;
  }
}

}  // namespace
}  // namespace sluice
