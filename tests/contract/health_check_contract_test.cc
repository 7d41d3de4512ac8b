// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// What every HealthCheck promises, held against the fake, and against each driver with a
// real command or server.

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/timestamp.h"
#include "base/unique_fd.h"
#include "contract/fake_driver.h"
#include "contract/port_contract.h"
#include "drivers/health/exec_health_check.h"
#include "drivers/health/grpc_health_check.h"
#include "drivers/health/http_health_check.h"
#include "drivers/health/none_health_check.h"
#include "drivers/health/tcp_health_check.h"
#include "support/grpc_servers.h"
#include "support/http_server.h"

namespace sluice {
namespace {

using grpc::health::v1::HealthCheckResponse;
using testing_support::FakeHealth;
using testing_support::HttpAnswer;
using testing_support::HttpServer;
using testing_support::LoopbackGrpcServer;

// A health check, and what it checks.
struct Subject {
  std::shared_ptr<void> world;
  std::string address;
  std::shared_ptr<HealthCheck> check;
};

Subject Exec(Behaviour behaviour, absl::Duration timeout) {
  config::v1::ExecHealthCheck config;
  for (const std::string& argument :
       {std::string("sh"), std::string("-c"), ShellScript(behaviour)}) {
    config.mutable_command()->add_argv(argument);
  }
  *config.mutable_command()->mutable_kill_grace() = ToProtoDuration(kShort);
  *config.mutable_command()->mutable_timeout() = ToProtoDuration(kLong);
  return {nullptr, "", std::make_shared<ExecHealthCheck>(config, timeout)};
}

Subject Http(Behaviour behaviour, absl::Duration timeout) {
  auto server = std::make_shared<HttpServer>([behaviour](const auto&) -> std::string {
    if (behaviour == Behaviour::kSucceed) return HttpAnswer(200, kAnswer);
    if (behaviour == Behaviour::kFail) return HttpAnswer(503, kComplaint);
    if (behaviour == Behaviour::kHang) return "";
    return HttpAnswer(500, std::string(kFloodBytes, '\xFF'));
  });
  return {server, server->address(),
          std::make_shared<HttpHealthCheck>(config::v1::HttpHealthCheck(), timeout)};
}

grpc::Status AnswerAs(Behaviour behaviour, grpc::ServerContext* context,
                      HealthCheckResponse* response) {
  if (behaviour == Behaviour::kHang) return testing_support::HangUntilCancelled(context);
  if (behaviour == Behaviour::kFloodAndFail) {
    return grpc::Status(grpc::StatusCode::INTERNAL, std::string(2000, '\xFF'));
  }
  response->set_status(behaviour == Behaviour::kSucceed ? HealthCheckResponse::SERVING
                                                        : HealthCheckResponse::NOT_SERVING);
  return grpc::Status::OK;
}

Subject Grpc(Behaviour behaviour, absl::Duration timeout) {
  auto server = std::make_shared<LoopbackGrpcServer>(std::make_unique<FakeHealth>(
      [behaviour](grpc::ServerContext* context, const std::string&, HealthCheckResponse* response) {
        return AnswerAs(behaviour, context, response);
      }));
  return {server, server->address(),
          std::make_shared<GrpcHealthCheck>(config::v1::GrpcHealthCheck(), timeout)};
}

// Listens, but its backlog is full: a connection is neither made nor refused.
class FullListener {
 public:
  FullListener() : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(name);
    auto* generic = reinterpret_cast<sockaddr*>(&name);
    bind(listener_.get(), generic, size);
    listen(listener_.get(), 0);
    getsockname(listener_.get(), generic, &size);
    port_ = ntohs(name.sin_port);
    for (int i = 0; i < 8; ++i) {
      clients_.emplace_back(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
      connect(clients_.back().get(), generic, size);
    }
  }
  std::string address() const { return absl::StrCat("127.0.0.1:", port_); }

 private:
  UniqueFd listener_;
  std::vector<UniqueFd> clients_;
  int port_ = 0;
};

Subject Tcp(Behaviour behaviour, absl::Duration timeout) {
  auto check = std::make_shared<TcpHealthCheck>(timeout);
  if (behaviour == Behaviour::kHang) {
    auto listener = std::make_shared<FullListener>();
    return {listener, listener->address(), check};
  }
  if (behaviour != Behaviour::kSucceed) {
    return {nullptr, absl::StrCat("127.0.0.1:", testing_support::UnusedPort()), check};
  }
  auto server = std::make_shared<HttpServer>([](const auto&) { return HttpAnswer(200, ""); });
  return {server, server->address(), check};
}

Subject Fake(Behaviour behaviour, absl::Duration timeout) {
  return {nullptr, "", FakeDriver(behaviour, timeout)};
}

struct Driver {
  std::string name;
  Subject (*make)(Behaviour, absl::Duration);
};

class HealthCheckContract : public testing::TestWithParam<Driver> {
 protected:
  void Make(Behaviour behaviour, absl::Duration timeout = kLong) {
    subject_ = GetParam().make(behaviour, timeout);
  }
  absl::StatusOr<std::string> Check(std::stop_token stop = {}) {
    return subject_.check->Check(CallTo(subject_.address), std::move(stop));
  }
  BlockingCall Blocking() {
    return [this](std::stop_token stop) { return Check(std::move(stop)).status(); };
  }

  Subject subject_;
};

TEST_P(HealthCheckContract, SucceedsWithATextForPeople) {
  Make(Behaviour::kSucceed);
  const auto result = Check();
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_FALSE(result->empty());
}

TEST_P(HealthCheckContract, SaysWhatIsWrong) {
  Make(Behaviour::kFail);
  const absl::Status status = Check().status();
  EXPECT_FALSE(status.ok());
  EXPECT_FALSE(absl::IsCancelled(status) || absl::IsDeadlineExceeded(status)) << status;
  EXPECT_FALSE(status.message().empty());
}

TEST_P(HealthCheckContract, EndsAtItsTimeout) {
  Make(Behaviour::kHang, kShort);
  const absl::Status status = Check().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded) << status;
}

TEST_P(HealthCheckContract, CancelsAtOnce) {
  Make(Behaviour::kHang);
  ExpectCancelsAtOnce(Blocking());
}

TEST_P(HealthCheckContract, DoesNothingWhenCancelledBefore) {
  Make(Behaviour::kSucceed);
  ExpectCancelledBeforeTheStart(Blocking());
}

TEST_P(HealthCheckContract, BoundsItsMessageAndMakesItUtf8) {
  Make(Behaviour::kFloodAndFail);
  const absl::Status status = Check().status();
  EXPECT_FALSE(status.ok());
  EXPECT_TRUE(IsBoundedUtf8(std::string(status.message())));
}

TEST_P(HealthCheckContract, ServesTenAtOnce) {
  Make(Behaviour::kSucceed);
  ExpectServesTenAtOnce(Blocking());
}

INSTANTIATE_TEST_SUITE_P(Drivers, HealthCheckContract,
                         testing::Values(Driver{"Fake", Fake}, Driver{"Exec", Exec},
                                         Driver{"Http", Http}, Driver{"Grpc", Grpc},
                                         Driver{"Tcp", Tcp}),
                         [](const auto& test) { return test.param.name; });

// The driver that cannot fail keeps what is left of the contract.
TEST(NoneHealthCheckContract, SucceedsUnlessCancelled) {
  NoneHealthCheck check;
  const auto ask = [&](std::stop_token stop) {
    return check.Check(CallTo(""), std::move(stop)).status();
  };
  ExpectServesTenAtOnce(ask);
  ExpectCancelledBeforeTheStart(ask);
}

}  // namespace
}  // namespace sluice
