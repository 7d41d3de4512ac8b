// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Nothing of ours throws, but drivers stand on libraries that may. What a port throws is the
// failure of that call; what escapes a run all the same fails its deployment; the daemon goes on.

#include <memory>
#include <stdexcept>
#include <string>

#include "engine/engine_fixture.h"
#include "gmock/gmock.h"

namespace sluice {
namespace {

using testing::Each;
using testing::HasSubstr;

const char kRollingTraffic[] =
    "strategy { rolling_strategy { batch_count: 2 } } on_failure { policy: FAILURE_POLICY_STOP }";

struct Thrown {
  const char* name;
  void (*raises)();
  const char* words;  // what the record says of it
};

class ThrowingPortTest : public EngineTest, public testing::WithParamInterface<Thrown> {
 protected:
  void Throw(CallKind kind, const std::string& subject) {
    world_->Script(kind, subject, "2.0", {.raises = GetParam().raises});
  }
  // The worker has gone on, and the service is free.
  void ExpectNextDeploymentCompletes() {
    v1::DeployRequest next = Request();
    next.set_version("3.0");
    EXPECT_EQ(Run(next).status(), v1::STATUS_COMPLETED);
  }
};

TEST_P(ThrowingPortTest, ADeployerThatThrowsFailsItsTarget) {
  StartWith(3);
  Throw(CallKind::kDeploy, "t2");
  const v1::DeploymentState state = Run(Request());
  EXPECT_EQ(state.status(), v1::STATUS_ROLLED_BACK) << state.message();
  EXPECT_EQ(state.reason(), v1::REASON_DEPLOY_FAILED);
  EXPECT_THAT(state.message(), HasSubstr("t2: "));
  EXPECT_THAT(state.message(), HasSubstr(GetParam().words));
  EXPECT_THAT(Versions(), Each("1.0"));
  ExpectNextDeploymentCompletes();
}

TEST_P(ThrowingPortTest, AHealthCheckThatThrowsFailsItsTarget) {
  StartWith(2);
  Throw(CallKind::kHealth, "t2");
  const v1::DeploymentState state = Run(Request());
  EXPECT_EQ(state.status(), v1::STATUS_ROLLED_BACK) << state.message();
  EXPECT_EQ(state.reason(), v1::REASON_UNHEALTHY_TARGET);
  EXPECT_THAT(state.message(), HasSubstr(GetParam().words));
  ExpectNextDeploymentCompletes();
}

TEST_P(ThrowingPortTest, ATargetWhoseVersionProbeThrowsDoesNotTell) {
  StartWith(2);
  Throw(CallKind::kRunningVersion, "");
  const v1::DeploymentState state = Run(Request());
  EXPECT_EQ(state.status(), v1::STATUS_COMPLETED) << state.message();
  EXPECT_EQ(state.targets(0).previous_version(), "1.0") << "as the configuration says";
}

TEST_P(ThrowingPortTest, ARouterThatThrowsOnItsThreadFailsTheStep) {
  StartWith(0);
  Throw(CallKind::kSetTraffic, "");
  const v1::DeploymentState state = Run(Request(kRollingTraffic));
  EXPECT_EQ(state.status(), v1::STATUS_FAILED);
  EXPECT_EQ(state.reason(), v1::REASON_TRAFFIC_FAILED);
  EXPECT_THAT(state.message(), HasSubstr(GetParam().words));
}

TEST_P(ThrowingPortTest, ARouterThatThrowsOnTheWorkerFailsTheStep) {
  world_ = std::make_shared<FakeWorld>(clock_, absl::ZeroDuration());
  StartWith(0);
  Throw(CallKind::kSetTraffic, "");
  const v1::DeploymentState state = Run(Request(kRollingTraffic));
  EXPECT_EQ(state.status(), v1::STATUS_FAILED);
  EXPECT_EQ(state.reason(), v1::REASON_TRAFFIC_FAILED);
  EXPECT_THAT(state.message(), HasSubstr(GetParam().words));
}

// Throws where no failure is looked for.
class BoundlessRouter final : public TrafficRouter {
 public:
  explicit BoundlessRouter(void (*raises)()) : raises_(raises) {}

  absl::Status SetTraffic(const RouteCall&, double, std::stop_token) override {
    return absl::OkStatus();
  }
  absl::Status Switch(const RouteCall&, const std::string&, std::stop_token) override {
    return absl::OkStatus();
  }
  absl::Status SetFlag(const RouteCall&, const std::string&, double, std::stop_token) override {
    return absl::OkStatus();
  }
  absl::Duration MaxDuration() const override {
    raises_();
    return absl::ZeroDuration();
  }

 private:
  void (*raises_)();
};

TEST_P(ThrowingPortTest, WhatEscapesARunFailsItsDeploymentAlone) {
  Configure(2);
  auto definition = std::make_shared<ServiceDefinition>(*catalog_.Find("shop"));
  definition->ports.router = std::make_shared<BoundlessRouter>(GetParam().raises);
  catalog_.Replace({definition});
  Start();
  const v1::DeploymentState state =
      Run(Request("strategy { blue_green_deployment { } } on_failure { policy: "
                  "FAILURE_POLICY_ROLLBACK }"));
  EXPECT_EQ(state.status(), v1::STATUS_FAILED);
  EXPECT_EQ(state.reason(), v1::REASON_INTERNAL) << "nobody knows what can be done safely now";
  EXPECT_THAT(state.message(), HasSubstr(GetParam().words));
  EXPECT_NE(state.fleet().consistency(), v1::FLEET_CONSISTENCY_UNSPECIFIED);
  EXPECT_TRUE(state.has_end_time());
  ExpectNextDeploymentCompletes();
}

INSTANTIATE_TEST_SUITE_P(
    Throws, ThrowingPortTest,
    testing::Values(Thrown{"AnException", [] { throw std::runtime_error("full \xFF"); }, "full ?"},
                    Thrown{"SomethingElse", [] { throw 42; }, "no std::exception"}),
    [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace sluice
