// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// What ValidateStrategy and ValidateOnFailure accept and refuse, field by field.

#include "strategy/validate.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

using testing::ElementsAreArray;
using testing::IsEmpty;

v1::Strategy Parse(const std::string& text) {
  v1::Strategy strategy;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &strategy)) << text;
  return strategy;
}

std::vector<std::string> FieldsOf(const Violations& violations) {
  std::vector<std::string> fields;
  for (const Violation& violation : violations.all()) fields.push_back(violation.field);
  return fields;
}

std::vector<std::string> ViolatedBy(const std::string& text) {
  Violations violations;
  ValidateStrategy(Parse(text), "strategy", violations);
  return FieldsOf(violations);
}

TEST(ValidateStrategy, AcceptsEveryStrategyWithoutOptions) {
  for (const std::string kind :
       {"rolling_deployment", "blue_green_deployment", "canary_deployment", "rolling_strategy",
        "canary_strategy", "blue_green_strategy", "feature_flag_strategy"}) {
    EXPECT_THAT(ViolatedBy(kind + " {}"), IsEmpty()) << kind;
  }
}

TEST(ValidateStrategy, RefusesAStrategyWithoutKind) {
  EXPECT_THAT(ViolatedBy(""), ElementsAreArray({"strategy"}));
}

TEST(ValidateStrategy, AcceptsWhatLiesOnTheBounds) {
  for (const std::string text : {
           "rolling_deployment { batch_size: 1 delay_seconds: 0 }",
           "rolling_deployment { batch_size: 10000 delay_seconds: 2592000 }",
           "blue_green_deployment { max_concurrent: 0 }",
           "blue_green_deployment { max_concurrent: 10000 }",
           "canary_deployment { stages: [0.5, 100] success_threshold: 0 }",
           "canary_deployment { stages: 100 success_threshold: 1 stage_duration_seconds: 0 }",
           "rolling_strategy { batch_size: 1 batch_count: 10000 pause_seconds: 0 }",
           "canary_strategy { initial_percentage: 0 step: 0.1 max_steps: 1 }",
           "canary_strategy { initial_percentage: 100 step: 100 step_duration_seconds: 0 }",
           "feature_flag_strategy { flag_name: 'new search' initial_rollout: 100 }",
       }) {
    EXPECT_THAT(ViolatedBy(text), IsEmpty()) << text;
  }
}

// One field, and values of it that must be refused.
struct BadValues {
  std::string kind;
  std::string field;
  std::vector<std::string> values;
};

const std::vector<std::string> kBadCounts = {"0", "-1", "-2147483648", "10001", "2147483647"};
const std::vector<std::string> kBadSeconds = {"-1", "-inf", "inf", "nan", "2592001", "1e300"};
const std::vector<std::string> kBadPercentages = {"-0.1", "100.1", "nan", "inf", "-inf"};

TEST(ValidateStrategy, RefusesValuesOutsideTheirRange) {
  const BadValues kTable[] = {
      {"rolling_deployment", "batch_size", kBadCounts},
      {"rolling_deployment", "delay_seconds", kBadSeconds},
      {"blue_green_deployment", "max_concurrent", {"-1", "10001", "2147483647"}},
      {"canary_deployment", "stage_duration_seconds", kBadSeconds},
      {"canary_deployment", "success_threshold", {"-0.01", "1.01", "nan", "inf", "-inf"}},
      {"canary_deployment", "max_concurrent", {"-1", "10001"}},
      {"rolling_strategy", "batch_size", kBadCounts},
      {"rolling_strategy", "batch_count", kBadCounts},
      {"rolling_strategy", "pause_seconds", kBadSeconds},
      {"canary_strategy", "initial_percentage", kBadPercentages},
      {"canary_strategy", "step", {"0", "-1", "100.1", "nan", "inf"}},
      {"canary_strategy", "max_steps", kBadCounts},
      {"canary_strategy", "step_duration_seconds", kBadSeconds},
      {"feature_flag_strategy", "initial_rollout", kBadPercentages},
      {"feature_flag_strategy", "flag_name", {"'a\\nb'", "'" + std::string(257, 'x') + "'"}},
  };
  for (const BadValues& row : kTable) {
    for (const std::string& value : row.values) {
      const std::string text = row.kind + " { " + row.field + ": " + value + " }";
      EXPECT_THAT(ViolatedBy(text), ElementsAreArray({"strategy." + row.kind + "." + row.field}))
          << text;
    }
  }
}

TEST(ValidateStrategy, RefusesStagesThatDoNotRiseOrLieOutside) {
  struct Row {
    std::string stages;
    std::vector<int> violated;
  };
  const Row kTable[] = {
      {"[10, 10]", {1}},     {"[50, 25, 100]", {1}},   {"[10, 101]", {1}},        {"[0, 50]", {0}},
      {"[-5, 50]", {0}},     {"[nan, 50]", {0, 1}},    {"[10, nan, 50]", {1, 2}}, {"[inf]", {0}},
      {"[100, 1e300]", {1}}, {"[30, 20, 10]", {1, 2}},
  };
  for (const Row& row : kTable) {
    std::vector<std::string> fields;
    for (const int i : row.violated) {
      fields.push_back("strategy.canary_deployment.stages[" + std::to_string(i) + "]");
    }
    EXPECT_THAT(ViolatedBy("canary_deployment { stages: " + row.stages + " }"),
                ElementsAreArray(fields))
        << row.stages;
  }
}

TEST(ValidateStrategy, RefusesTooManyStagesOnce) {
  std::string stages = "0.5";
  for (int i = 1; i <= 100; ++i) stages += ", " + std::to_string(0.5 + i * 0.01);
  EXPECT_THAT(ViolatedBy("canary_deployment { stages: [" + stages + "] }"),
              ElementsAreArray({"strategy.canary_deployment.stages"}));
}

TEST(ValidateStrategy, ListsEveryViolation) {
  EXPECT_THAT(
      ViolatedBy("canary_strategy { initial_percentage: nan step: 0 max_steps: -1 "
                 "step_duration_seconds: inf }"),
      ElementsAreArray({"strategy.canary_strategy.initial_percentage",
                        "strategy.canary_strategy.step", "strategy.canary_strategy.max_steps",
                        "strategy.canary_strategy.step_duration_seconds"}));
}

TEST(ValidateOnFailure, RefusesUnknownPoliciesAndNegativeTolerance) {
  v1::OnFailure on_failure;
  on_failure.set_policy(static_cast<v1::FailurePolicy>(17));
  on_failure.set_max_failed_targets(-1);
  Violations violations;
  ValidateOnFailure(on_failure, "on_failure", violations);
  EXPECT_THAT(FieldsOf(violations),
              ElementsAreArray({"on_failure.policy", "on_failure.max_failed_targets"}));
}

TEST(ValidateOnFailure, AcceptsTheDefaultAndAnyTolerance) {
  v1::OnFailure on_failure;
  Violations violations;
  ValidateOnFailure(on_failure, "on_failure", violations);
  on_failure.set_policy(v1::FAILURE_POLICY_CONTINUE);
  on_failure.set_max_failed_targets(2147483647);
  ValidateOnFailure(on_failure, "on_failure", violations);
  EXPECT_TRUE(violations.empty());
}

}  // namespace
}  // namespace sluice
