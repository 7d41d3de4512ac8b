// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// What a DeployRequest may say: every violation is listed, by its field path.

#include "engine/deploy_request.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/violations.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

using testing::ElementsAreArray;
using testing::UnorderedElementsAreArray;

v1::DeployRequest Parse(const std::string& text) {
  v1::DeployRequest request;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &request)) << text;
  return request;
}

std::vector<std::string> FieldsOf(const absl::Status& status) {
  std::vector<std::string> fields;
  google::rpc::BadRequest details;
  const auto payload = status.GetPayload(kBadRequestTypeUrl);
  EXPECT_TRUE(!payload.has_value() || details.ParseFromString(std::string(*payload)));
  for (const auto& violation : details.field_violations()) fields.push_back(violation.field());
  return fields;
}

// shop with the targets t1 at host-1:80 and t2 at host-2:80.
ServiceDefinition Shop() {
  ServiceDefinition shop;
  shop.config.set_name("shop");
  shop.config.set_initial_version("1.0");
  for (const std::string number : {"1", "2"}) {
    v1::Target& target = *shop.config.add_targets();
    target.set_id("t" + number);
    target.set_address("host-" + number + ":80");
  }
  return shop;
}

std::vector<std::string> ViolatedBy(const v1::DeployRequest& request,
                                    const ServiceDefinition& definition = Shop()) {
  const absl::Status status = ValidateDeployRequest(request, &definition);
  EXPECT_EQ(absl::IsInvalidArgument(status), !status.ok()) << status;
  return FieldsOf(status);
}

TEST(ValidateDeployRequest, ListsEveryViolationAtOnce) {
  const v1::DeployRequest request = Parse(R"(
      request_id: "a\001b" service: "shop" version: "" reason: "\t"
      strategy { rolling_deployment { batch_size: 0 delay_seconds: nan } }
      targets { id: "t1" } targets { id: "t1" } targets { id: "UPPER" } targets { id: "t9" }
      on_failure { policy: 9 max_failed_targets: -1 }
      progress_deadline { seconds: -1 }
      metadata { key: "k" value: "\000" })");
  EXPECT_THAT(ViolatedBy(request),
              UnorderedElementsAreArray(
                  {"request_id", "version", "reason", "strategy.rolling_deployment.batch_size",
                   "strategy.rolling_deployment.delay_seconds", "targets[1].id", "targets[2].id",
                   "targets[2].id", "targets[3].id", "on_failure.policy",
                   "on_failure.max_failed_targets", "progress_deadline", "metadata[\"k\"]"}));
}

TEST(ValidateDeployRequest, RefusesBadNamesAndVersions) {
  const std::string megabyte(1 << 20, 'x');
  for (const std::string& name : {std::string(), std::string("Shop"), std::string("-a"),
                                  std::string("a b"), std::string(64, 'a'), megabyte}) {
    v1::DeployRequest request = Parse("version: '2.0'");
    request.set_service(name);
    EXPECT_THAT(ViolatedBy(request), ElementsAreArray({"service"})) << name.substr(0, 80);
  }
  for (const std::string& version :
       {std::string(), std::string("1 0"), std::string("1\n"), std::string(129, '1'), megabyte,
        std::string(".."), std::string(".")}) {
    v1::DeployRequest request = Parse("service: 'shop'");
    request.set_version(version);
    EXPECT_THAT(ViolatedBy(request), ElementsAreArray({"version"})) << version.substr(0, 80);
  }
}

TEST(ValidateDeployRequest, BoundsWhatARequestMayCarry) {
  v1::DeployRequest request = Parse("service: 'shop' version: '2.0'");
  for (int i = 0; i < 65; ++i) (*request.mutable_metadata())[absl::StrCat("k", i)] = "v";
  for (int i = 0; i < 10'001; ++i) request.add_targets()->set_id("t1");
  EXPECT_THAT(ViolatedBy(request), UnorderedElementsAreArray({"metadata", "targets"}));
}

TEST(ValidateDeployRequest, AddressesComeFromTheConfigurationUnlessItSaysOtherwise) {
  const v1::DeployRequest request = Parse(
      "service: 'shop' version: '2.0' targets { id: 't1' address: 'host-1:80' } "
      "targets { id: 't2' address: 'elsewhere:80' } targets { id: 't3' address: 'new:80' }");
  EXPECT_THAT(ViolatedBy(request), ElementsAreArray({"targets[1].address", "targets[2].id"}));
  ServiceDefinition open = Shop();
  open.config.set_allow_request_targets(true);
  EXPECT_TRUE(ViolatedBy(request, open).empty());
}

TEST(ValidateDeployRequest, AnAddressThatIsDialledIsAHostUnlessItIsConfigured) {
  ServiceDefinition open = Shop();
  open.config.set_allow_request_targets(true);
  open.config.mutable_targets(0)->set_address("unix:/run/agent.sock");
  const v1::DeployRequest request = Parse(
      "service: 'shop' version: '2.0' targets { id: 't1' address: 'unix:/run/agent.sock' } "
      "targets { id: 't2' } targets { id: 't3' address: 'host:80/admin?x=' } targets { id: 't4' } "
      "targets { id: 't5' address: 'unix:/run/agent.sock' } targets { id: 't6' address: '[::1]:80' "
      "}");
  EXPECT_TRUE(ViolatedBy(request, open).empty()) << "nothing dials it";
  open.ports.dials_targets = true;
  EXPECT_THAT(ViolatedBy(request, open),
              ElementsAreArray({"targets[2].address", "targets[3].address", "targets[4].address"}));
}

TEST(ValidateDeployRequest, AnUnknownServiceIsRefusedUnlessThatIsAllowed) {
  const v1::DeployRequest request = Parse("service: 'shop' version: '2.0'");
  EXPECT_THAT(FieldsOf(ValidateDeployRequest(request, nullptr)), ElementsAreArray({"service"}));
  const ServiceDefinition unconfigured{.configured = false};
  EXPECT_THAT(ViolatedBy(request, unconfigured), ElementsAreArray({"strategy"}));
  v1::DeployRequest rolling = request;
  rolling.mutable_strategy()->mutable_rolling_deployment();
  EXPECT_THAT(ViolatedBy(rolling, unconfigured), ElementsAreArray({"targets"}));
  v1::DeployRequest flag = request;
  flag.mutable_strategy()->mutable_feature_flag_strategy();
  EXPECT_TRUE(ViolatedBy(flag, unconfigured).empty());
}

// Its rollback would say that the old version is back, and nothing would have moved.
TEST(ValidateDeployRequest, BlueGreenOfWhatIsReallyDeployedNeedsARouter) {
  const v1::DeployRequest request =
      Parse("service: 'shop' version: '2.0' strategy { blue_green_deployment {} }");
  ServiceDefinition shop = Shop();
  EXPECT_TRUE(ViolatedBy(request, shop).empty()) << "nothing is deployed";
  shop.config.mutable_deployer()->mutable_exec()->mutable_command()->add_argv("deploy");
  const std::vector<std::string> fields = {"strategy.blue_green_deployment"};
  EXPECT_EQ(ViolatedBy(request, shop), fields);
  shop.config.mutable_router()->mutable_none();
  EXPECT_EQ(ViolatedBy(request, shop), fields);
  shop.config.mutable_router()->mutable_exec()->mutable_command()->add_argv("switch");
  EXPECT_TRUE(ViolatedBy(request, shop).empty());
  shop.config.clear_router();
  *shop.config.mutable_strategy() = request.strategy();
  EXPECT_EQ(ViolatedBy(Parse("service: 'shop' version: '2.0'"), shop), fields) << "by default";
}

TEST(ValidateDeployRequest, ASwitchTakesAllTargetsOfTheService) {
  ServiceDefinition shop = Shop();
  ASSERT_GT(shop.config.targets_size(), 1);
  const std::string first = shop.config.targets(0).id();
  v1::DeployRequest request =
      Parse("service: 'shop' version: '2.0' strategy { blue_green_deployment {} }");
  request.add_targets()->set_id(first);
  EXPECT_TRUE(ViolatedBy(request, shop).empty()) << "nothing is switched";
  shop.config.mutable_router()->mutable_exec()->mutable_command()->add_argv("switch");
  EXPECT_THAT(ViolatedBy(request, shop), ElementsAreArray({"targets"}));
  for (int i = 1; i < shop.config.targets_size(); ++i) {
    request.add_targets()->set_id(shop.config.targets(i).id());
  }
  EXPECT_TRUE(ViolatedBy(request, shop).empty());
  request.clear_targets();
  EXPECT_TRUE(ViolatedBy(request, shop).empty());
}

TEST(ValidateDeployRequest, ADeadlineIsAboveZeroAndAtMost30Days) {
  for (const std::string bad : {"seconds: 0", "seconds: -1", "nanos: -1", "seconds: 2592001",
                                "seconds: 9223372036854775807"}) {
    EXPECT_THAT(ViolatedBy(Parse("service: 'shop' version: '2.0' progress_deadline {" + bad + "}")),
                ElementsAreArray({"progress_deadline"}))
        << bad;
  }
  for (const std::string good : {"nanos: 1", "seconds: 1", "seconds: 2592000"}) {
    EXPECT_TRUE(ViolatedBy(Parse("service: 'shop' version: '2.0' progress_deadline {" + good + "}"))
                    .empty())
        << good;
  }
}

TEST(DraftDeployment, FillsInWhatTheRequestLeavesToTheConfiguration) {
  const v1::DeploymentState state =
      DraftDeployment(Parse("service: 'shop' version: '2.0'"), Shop(), ServiceMemory());
  EXPECT_EQ(state.strategy(), "rolling");
  EXPECT_EQ(state.previous_version(), "1.0");
  EXPECT_EQ(state.on_failure().policy(), v1::FAILURE_POLICY_ROLLBACK);
  EXPECT_EQ(state.progress_deadline().seconds(), 600);
  ASSERT_EQ(state.targets_size(), 2);
  EXPECT_EQ(state.targets(0).target().address(), "host-1:80");
  EXPECT_EQ(state.targets(0).target().version(), "1.0");
  EXPECT_EQ(state.targets(0).previous_version(), "") << "the target is asked before that is said";
  EXPECT_GT(state.plan().steps_size(), 0);
}

TEST(DraftDeployment, TakesTheChosenTargetsAndTheirRememberedVersions) {
  ServiceMemory memory;
  memory.active_version = "1.5";
  memory.target_versions["t2"] = "1.6";
  const v1::DeploymentState state =
      DraftDeployment(Parse("service: 'shop' version: '2.0' targets { id: 't2' }"), Shop(), memory);
  EXPECT_EQ(state.previous_version(), "1.5");
  ASSERT_EQ(state.targets_size(), 1);
  EXPECT_EQ(state.targets(0).target().address(), "host-2:80");
  EXPECT_EQ(state.targets(0).previous_version(), "1.6");
}

}  // namespace
}  // namespace sluice
