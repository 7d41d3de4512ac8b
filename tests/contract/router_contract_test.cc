// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// What every TrafficRouter promises, held against the fake, and against each driver with a
// real command.

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/timestamp.h"
#include "contract/fake_driver.h"
#include "contract/port_contract.h"
#include "drivers/router/exec_router.h"
#include "drivers/router/none_router.h"

namespace sluice {
namespace {

std::shared_ptr<TrafficRouter> Exec(Behaviour behaviour, absl::Duration timeout) {
  config::v1::ExecRouter config;
  for (const std::string& argument :
       {std::string("sh"), std::string("-c"), ShellScript(behaviour)}) {
    config.mutable_command()->add_argv(argument);
  }
  *config.mutable_command()->mutable_kill_grace() = ToProtoDuration(kShort);
  *config.mutable_command()->mutable_timeout() = ToProtoDuration(timeout);
  return std::make_shared<ExecRouter>(config);
}

std::shared_ptr<TrafficRouter> Fake(Behaviour behaviour, absl::Duration timeout) {
  return FakeDriver(behaviour, timeout);
}

// The three verbs of the port, all of which promise the same.
std::vector<BlockingCall> VerbsOf(const std::shared_ptr<TrafficRouter>& router) {
  const RouteCall call{"shop", "1.2.3", "d-1"};
  return {[=](std::stop_token stop) { return router->SetTraffic(call, 50, std::move(stop)); },
          [=](std::stop_token stop) { return router->Switch(call, "green", std::move(stop)); },
          [=](std::stop_token stop) { return router->SetFlag(call, "f", 50, std::move(stop)); }};
}

struct Driver {
  std::string name;
  std::shared_ptr<TrafficRouter> (*make)(Behaviour, absl::Duration);
};

class RouterContract : public testing::TestWithParam<Driver> {
 protected:
  static std::vector<BlockingCall> Verbs(Behaviour behaviour, absl::Duration timeout = kLong) {
    return VerbsOf(GetParam().make(behaviour, timeout));
  }
};

TEST_P(RouterContract, SucceedsAlsoWhenRepeated) {
  for (const BlockingCall& verb : Verbs(Behaviour::kSucceed)) {
    for (int i = 0; i < 2; ++i) EXPECT_TRUE(verb({}).ok()) << verb({});
  }
}

TEST_P(RouterContract, SaysWhatIsWrong) {
  for (const BlockingCall& verb : Verbs(Behaviour::kFail)) {
    const absl::Status status = verb({});
    EXPECT_EQ(status.code(), absl::StatusCode::kUnknown) << status;
    EXPECT_NE(status.message().find(kComplaint), absl::string_view::npos) << status;
  }
}

TEST_P(RouterContract, EndsAtItsTimeout) {
  for (const BlockingCall& verb : Verbs(Behaviour::kHang, kShort)) {
    EXPECT_EQ(verb({}).code(), absl::StatusCode::kDeadlineExceeded);
  }
}

TEST_P(RouterContract, BoundsItsDuration) {
  const auto router = GetParam().make(Behaviour::kHang, kShort);
  EXPECT_GE(router->MaxDuration(), kShort);
  EXPECT_LT(router->MaxDuration(), kLong);
}

TEST_P(RouterContract, CancelsAtOnce) {
  for (const BlockingCall& verb : Verbs(Behaviour::kHang)) ExpectCancelsAtOnce(verb);
}

TEST_P(RouterContract, DoesNothingWhenCancelledBefore) {
  for (const BlockingCall& verb : Verbs(Behaviour::kSucceed)) ExpectCancelledBeforeTheStart(verb);
}

TEST_P(RouterContract, BoundsItsMessageAndMakesItUtf8) {
  for (const BlockingCall& verb : Verbs(Behaviour::kFloodAndFail)) {
    const absl::Status status = verb({});
    EXPECT_FALSE(status.ok());
    EXPECT_TRUE(IsBoundedUtf8(std::string(status.message())));
  }
}

TEST_P(RouterContract, ServesTenAtOnce) {
  for (const BlockingCall& verb : Verbs(Behaviour::kSucceed)) ExpectServesTenAtOnce(verb);
}

INSTANTIATE_TEST_SUITE_P(Drivers, RouterContract,
                         testing::Values(Driver{"Fake", Fake}, Driver{"Exec", Exec}),
                         [](const auto& test) { return test.param.name; });

// The driver that cannot fail keeps what is left of the contract.
TEST(NoneRouterContract, SucceedsUnlessCancelled) {
  for (const BlockingCall& verb : VerbsOf(std::make_shared<NoneRouter>())) {
    ExpectServesTenAtOnce(verb);
    ExpectCancelledBeforeTheStart(verb);
  }
}

}  // namespace
}  // namespace sluice
