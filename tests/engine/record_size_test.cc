// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// However a deployment goes, its record stays small enough for every client.

#include "engine/record_size.h"

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/timestamp.h"
#include "engine/deploy_request.h"
#include "engine/deployment_orchestrator.h"
#include "engine/engine_fixture.h"
#include "google/protobuf/text_format.h"

namespace sluice {
namespace {

constexpr size_t kOutputBytes = size_t{32} * 1024;

struct Case {
  std::string strategy;
  int targets = 0;
  size_t name_bytes = 12;  // of ids; addresses have a port too
  std::string version = "2.4.1";
};

v1::DeployRequest RequestOf(const Case& c) {
  v1::DeployRequest request;
  request.set_service("shop");
  request.set_version(c.version);
  EXPECT_TRUE(
      google::protobuf::TextFormat::ParseFromString(c.strategy, request.mutable_strategy()));
  for (int i = 0; i < c.targets; ++i) {
    const std::string number = absl::StrCat(100'000 + i);
    std::string id(c.name_bytes - number.size(), 'a');
    id += number;
    v1::Target& target = *request.add_targets();
    target.set_id(id);
    target.set_address(absl::StrCat(id, ":8080"));
  }
  return request;
}

v1::DeploymentState DraftOf(const Case& c) {
  ServiceDefinition definition;
  definition.configured = false;
  definition.config.set_initial_version(c.version);
  return DraftDeployment(RequestOf(c), definition, {});
}

// A time that takes as many bytes as one can.
google::protobuf::Timestamp Time() {
  return ToTimestamp(absl::FromUnixSeconds(1'800'000'000) + absl::Nanoseconds(999'999'999));
}

void EndEveryStep(const TextRoom& room, v1::Plan& plan) {
  for (v1::Step& step : *plan.mutable_steps()) {
    step.set_status(v1::STEP_STATUS_FAILED);
    *step.mutable_start_time() = Time();
    *step.mutable_end_time() = Time();
    if (!step.has_deploy_targets()) continue;
    step.set_targets_failed(step.deploy_targets().target_ids_size());
    step.set_error(ShortError(std::string(kMaxErrorBytes, 'e'), room.step_error));
  }
}

// Every target fails, forward and back, and each says as much as it can.
v1::DeploymentState GoneWrong(v1::DeploymentState state) {
  const TextRoom room = TextRoomOf(state);
  EndEveryStep(room, *state.mutable_plan());
  std::vector<std::string> errors;
  for (int i = 0; i < state.targets_size(); ++i) {
    v1::TargetState& target = *state.mutable_targets(i);
    target.mutable_target()->set_version(state.version());
    target.set_previous_version(state.version());
    target.set_phase(v1::TARGET_PHASE_FAILED);
    target.set_health(v1::TARGET_HEALTH_UNHEALTHY);
    target.set_attempts(2);
    target.set_step(9999);
    *target.mutable_start_time() = Time();
    *target.mutable_end_time() = Time();
    SetLastCheck(room, std::string(2000, 'c'), target);
    SetFailureText(room, std::string(2000, 'e'), std::string(kOutputBytes, 'o'), i, state);
    errors.push_back(absl::StrCat("target ", target.target().id(), ": ", target.error()));
  }
  AddErrors(room, errors, state);
  AddErrors(room, errors, state);
  StartRollback(state);
  EndEveryStep(room, *state.mutable_plan());
  state.set_message(std::string(kMaxMessageBytes, 'm'));
  return state;
}

TEST(RecordSizeTest, WhatIsAcceptedNeverGetsTooLarge) {
  const Case cases[] = {
      {"rolling_deployment {}", 10'000},
      {"rolling_deployment { batch_size: 100 }", 10'000},
      {"rolling_deployment { batch_size: 100 }", 10'000, 40},
      {"rolling_deployment { batch_size: 100 delay_seconds: 0 }", 10'000, 20, std::string(71, 'v')},
      {"canary_deployment {}", 10'000, 30},
      {"blue_green_deployment {}", 10'000, 30},
      {"rolling_deployment {}", 1000, 63, std::string(128, 'v')},
      {"canary_deployment {}", 100},
      {"blue_green_deployment {}", 1},
  };
  for (const Case& c : cases) {
    const v1::DeploymentState draft = DraftOf(c);
    ASSERT_TRUE(CheckRecordSize(draft).ok()) << c.strategy << CheckRecordSize(draft);
    EXPECT_LE(GoneWrong(draft).ByteSizeLong(), kMaxRecordBytes) << c.strategy << c.targets;
  }
}

TEST(RecordSizeTest, RefusesAPlanThatNeedsMore) {
  const absl::Status status =
      CheckRecordSize(DraftOf({"rolling_deployment {}", 10'000, 63, std::string(128, 'v')}));
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(absl::StrContains(status.message(), "targets")) << status;
}

using RecordSizeOfARunTest = EngineTest;

TEST_F(RecordSizeOfARunTest, TheFirstFailuresAreKeptWholeAndTheLastOnesShort) {
  constexpr int kTargets = 300;
  StartWith(kTargets);
  world_->Script(
      CallKind::kDeploy, "", "2.0",
      {.status = absl::UnknownError("exit code 3"), .output = std::string(kOutputBytes, 'o')});
  const v1::DeploymentState state =
      Run(Request("strategy { rolling_deployment { batch_size: 1 delay_seconds: 0 } } "
                  "on_failure { policy: FAILURE_POLICY_CONTINUE }"));
  EXPECT_LE(state.ByteSizeLong(), kMaxRecordBytes);
  EXPECT_EQ(state.result().targets_failed(), kTargets);
  EXPECT_EQ(state.targets(0).output().size(), kOutputBytes);
  EXPECT_LT(state.targets(kTargets - 1).output().size(), kOutputBytes);
  for (const v1::TargetState& target : state.targets()) {
    EXPECT_EQ(target.phase(), v1::TARGET_PHASE_FAILED);
    EXPECT_FALSE(target.error().empty());
  }
}

TEST_F(RecordSizeOfARunTest, AMessageDoesNotGrowWithEveryRollbackThatFails) {
  StartWith(1);
  world_->Script(CallKind::kDeploy, "", "", {.status = absl::UnknownError(std::string(5000, 'e'))});
  v1::DeploymentState state = Run(Request());
  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(state.status(), v1::STATUS_FAILED);
    const absl::Status status = Rollback(state.id());
    ASSERT_TRUE(status.ok()) << status;
    state = RunToEnd(state.id());
  }
  EXPECT_LE(state.message().size(), kMaxMessageBytes);
  EXPECT_LE(state.targets(0).error().size(), kMaxErrorBytes);
}

TEST_F(RecordSizeOfARunTest, WhatIsTooLargeIsNeitherAcceptedNorPlanned) {
  StartWith(1);
  auto any_target = std::make_shared<ServiceDefinition>();
  any_target->config.set_name("shop");
  any_target->config.set_allow_request_targets(true);
  any_target->ports = PortsOf(world_);
  catalog_.Replace({any_target});
  const v1::DeployRequest request =
      RequestOf({"rolling_deployment {}", 10'000, 63, std::string(128, 'v')});
  EXPECT_TRUE(absl::IsInvalidArgument(manager_->Deploy(request).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(manager_->Plan(request).status()));
  EXPECT_TRUE(absl::IsNotFound(registry_->LatestOf("shop").status()));
}

TEST_F(RecordSizeOfARunTest, APageOfRecordsFitsIntoAMessage) {
  Registry registry(clock_, 20);
  for (int i = 0; i < 12; ++i) {
    v1::DeploymentState state;
    state.set_id(absl::StrCat("d", i));
    state.set_service(absl::StrCat("s", i));
    state.set_status(v1::STATUS_IN_PROGRESS);
    state.set_message(std::string(1'000'000, 'm'));
    registry.Insert(state);
  }
  v1::ListStatesRequest request;
  int found = 0;
  do {
    const auto page = registry.List(request);
    ASSERT_TRUE(page.ok()) << page.status();
    EXPECT_LE(page->ByteSizeLong(), size_t{4} * 1024 * 1024);
    ASSERT_GT(page->states_size(), 0);
    found += page->states_size();
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  EXPECT_EQ(found, 12);
}

}  // namespace
}  // namespace sluice
