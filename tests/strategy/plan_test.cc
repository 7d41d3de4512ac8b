// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The plans of all seven strategies, written as one line of text each.

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/timestamp.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "strategy/create_strategy.h"
#include "strategy/defaults.h"

namespace sluice {
namespace {

std::string Written(const v1::DeployTargets& step) {
  std::string text = step.has_up_to_percentage()
                         ? absl::StrCat("deploy up to ", step.up_to_percentage(), "%")
                         : absl::StrCat("deploy ", absl::StrJoin(step.target_ids(), ","));
  if (step.max_concurrent() > 0) absl::StrAppend(&text, " at once ", step.max_concurrent());
  if (step.failures_are_judged_later()) absl::StrAppend(&text, " judged later");
  if (step.skip_health_check()) absl::StrAppend(&text, " unchecked");
  return text;
}

std::string Written(const v1::SwitchTraffic& step) {
  return absl::StrCat(step.record_only() ? "record " : "switch ", step.slot(),
                      step.failure_is_tolerated() ? " tolerated" : "");
}

std::string Written(const v1::Step& step) {
  switch (step.action_case()) {
    case v1::Step::kDeployTargets:
      return Written(step.deploy_targets());
    case v1::Step::kCheckSuccessRate:
      return absl::StrCat("check ", step.check_success_rate().threshold());
    case v1::Step::kSetTraffic:
      return absl::StrCat("traffic ", step.set_traffic().percentage());
    case v1::Step::kSwitchTraffic:
      return Written(step.switch_traffic());
    case v1::Step::kSetFlag:
      return absl::StrCat("flag ", step.set_flag().name(), " ", step.set_flag().percentage());
    case v1::Step::kWait:
      return absl::StrCat("wait ", absl::FormatDuration(FromProtoDuration(step.wait().duration())));
    case v1::Step::kGate:
      return "gate";
    case v1::Step::ACTION_NOT_SET:
      return "nothing";
  }
  return "unknown";
}

std::string Written(const v1::Plan& plan) {
  std::vector<std::string> steps;
  for (const v1::Step& step : plan.steps()) steps.push_back(Written(step));
  return absl::StrJoin(steps, "; ");
}

v1::Strategy Parse(const std::string& text) {
  v1::Strategy strategy;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &strategy)) << text;
  return strategy;
}

Targets FleetOfSize(int size) {
  Targets targets(static_cast<size_t>(size));
  for (int i = 0; i < size; ++i) targets[static_cast<size_t>(i)].set_id(absl::StrCat(i + 1));
  return targets;
}

struct TargetRow {
  std::string strategy;
  int targets;
  std::string plan;
  std::string rollback;
};

TEST(TargetPlan, IsWhatTheStrategySays) {
  const TargetRow kTable[] = {
      {"rolling_deployment {}", 3, "deploy 1; wait 5s; deploy 2; wait 5s; deploy 3",
       "deploy 1; wait 5s; deploy 2; wait 5s; deploy 3"},
      {"rolling_deployment { batch_size: 2 delay_seconds: 0.5 }", 5,
       "deploy 1,2; wait 500ms; deploy 3,4; wait 500ms; deploy 5",
       "deploy 1,2; wait 500ms; deploy 3,4; wait 500ms; deploy 5"},
      {"rolling_deployment { batch_size: 10000 }", 3, "deploy 1,2,3", "deploy 1,2,3"},
      {"rolling_deployment { delay_seconds: 0 }", 2, "deploy 1; deploy 2", "deploy 1; deploy 2"},
      {"rolling_deployment {}", 0, "", ""},
      {"blue_green_deployment {}", 2, "deploy 1,2; switch green", "switch blue tolerated"},
      {"blue_green_deployment { max_concurrent: 1 manual_promotion: true }", 2,
       "deploy 1,2 at once 1; gate; switch green", "switch blue tolerated"},
      {"blue_green_deployment {}", 0, "deploy ; record green", "switch blue tolerated"},
      {"canary_deployment { stages: [10, 100] }", 6,
       "deploy up to 10% judged later; check 0.95; wait 1m; "
       "deploy up to 100% judged later; check 0.95",
       "deploy 1,2,3,4,5 unchecked; wait 5s; deploy 6 unchecked"},
      {"canary_deployment { stages: [50, 100] manual_promotion: true max_concurrent: 3 "
       "success_threshold: 0.5 }",
       2,
       "deploy up to 50% at once 3 judged later; check 0.5; gate; "
       "deploy up to 100% at once 3 judged later; check 0.5",
       "deploy 1,2 unchecked"},
      {"canary_deployment { stages: 100 stage_duration_seconds: 0 }", 1,
       "deploy up to 100% judged later; check 0.95", "deploy 1 unchecked"},
  };
  for (const TargetRow& row : kTable) {
    const auto planner = TargetPlanner(Parse(row.strategy));
    const Targets targets = FleetOfSize(row.targets);
    EXPECT_EQ(Written(planner->PlanDeploy(targets, "2.0")), row.plan) << row.strategy;
    EXPECT_EQ(planner->PlanDeploy(targets, "2.0").version(), "2.0");
    EXPECT_EQ(Written(planner->PlanRollback(targets, "1.0")), row.rollback) << row.strategy;
    EXPECT_EQ(planner->PlanRollback(targets, "1.0").version(), "1.0");
  }
}

struct ServiceRow {
  std::string strategy;
  std::string plan;
  std::string rollback;
};

TEST(ServicePlan, IsWhatTheStrategySays) {
  const ServiceRow kTable[] = {
      {"rolling_strategy {}", "traffic 25; traffic 50; traffic 75; traffic 100", "traffic 0"},
      {"rolling_strategy { batch_count: 2 pause_seconds: 1 }",
       "traffic 50; wait 1s; traffic 100; wait 1s", "traffic 0"},
      {"canary_strategy {}",
       "traffic 10; traffic 30; traffic 50; traffic 70; traffic 90; traffic 100", "traffic 0"},
      {"canary_strategy { initial_percentage: 50 step: 60 step_duration_seconds: 2 }",
       "traffic 50; wait 2s; traffic 100", "traffic 0"},
      {"canary_strategy { max_steps: 1 manual_promotion: true }", "traffic 10; gate; traffic 100",
       "traffic 0"},
      {"canary_strategy { initial_percentage: 100 }", "traffic 100", "traffic 0"},
      {"blue_green_strategy {}", "traffic 0; switch green", "switch blue"},
      {"blue_green_strategy { manual_promotion: true }", "traffic 0; gate; switch green",
       "switch blue"},
      {"feature_flag_strategy {}", "flag ff_shop_2.0 0", "flag ff_shop_2.0 0"},
      {"feature_flag_strategy { flag_name: 'dark' initial_rollout: 12.5 }", "flag dark 12.5",
       "flag dark 0"},
  };
  for (const ServiceRow& row : kTable) {
    const auto planner = ServicePlanner(Parse(row.strategy));
    v1::DeploymentState state;
    state.set_service("shop");
    state.set_version("2.0");
    state.set_previous_version("1.0");
    EXPECT_EQ(Written(planner->PlanExecute("shop", "2.0")), row.plan) << row.strategy;
    EXPECT_EQ(Written(planner->PlanRollback(state)), row.rollback) << row.strategy;
    EXPECT_EQ(planner->PlanRollback(state).version(), "1.0");
  }
}

TEST(CreateStrategy, KnowsThreeTypesAndNamesThemWhenAskedForAnother) {
  for (const std::string type : {"rolling", "blue_green", "canary"}) {
    const auto strategy = CreateStrategy(type);
    ASSERT_TRUE(strategy.ok()) << strategy.status();
    EXPECT_EQ((*strategy)->Name(), type);
  }
  for (const std::string type : {"", "Rolling", "feature_flag"}) {
    const absl::Status status = CreateStrategy(type).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status));
    EXPECT_TRUE(absl::StrContains(status.message(), "rolling, blue_green, canary")) << status;
  }
}

TEST(WithDefaults, KeepsWhatIsGivenAndFillsTheRest) {
  EXPECT_EQ(WithDefaults(Parse("")).rolling_deployment().batch_size(), 1);
  const v1::Strategy canary = WithDefaults(Parse("canary_deployment { success_threshold: 0 }"));
  EXPECT_EQ(canary.canary_deployment().success_threshold(), 0);
  EXPECT_EQ(absl::StrJoin(canary.canary_deployment().stages(), ","), "10,25,50,100");
  EXPECT_EQ(canary.canary_deployment().stage_duration_seconds(), 60);
}

}  // namespace
}  // namespace sluice
