// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Holds the strategy classes against recorded behaviour of the original implementation. Another
// recording of the same form can be run through SLUICE_CONFORMANCE. On a clock that jumps: no case
// waits in real time.

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/inline_runner.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"
#include "gtest/gtest.h"
#include "strategy/create_strategy.h"
#include "strategy/deployment_state.h"
#include "strategy/service/blue_green_strategy.h"
#include "strategy/service/canary_strategy.h"
#include "strategy/service/feature_flag_strategy.h"
#include "strategy/service/rolling_strategy.h"
#include "support/fake_clock.h"

namespace sluice {
namespace {

using google::protobuf::Value;

const Value& Field(const Value& value, const std::string& name) {
  static const Value* const kNull = new Value;
  const auto found = value.struct_value().fields().find(name);
  return found == value.struct_value().fields().end() ? *kNull : found->second;
}

std::string Text(const Value& value, const std::string& name) {
  return Field(value, name).string_value();
}

double Number(const Value& value, const std::string& name) {
  return Field(value, name).number_value();
}

bool IsNull(const Value& value) {
  return value.kind_case() == Value::kNullValue || value.kind_case() == Value::KIND_NOT_SET;
}

// Scripted callbacks that note every call.
class Script {
 public:
  explicit Script(const Value& test_case) : case_(test_case) {}

  absl::Status Deploy(const v1::Target& target, const std::string& version) {
    calls_.push_back({"deploy", target.id(), version});
    return Play(Text(Field(case_, "deploy_outcome"), target.id()));
  }
  absl::Status Health(const v1::Target& target) {
    calls_.push_back({"health", target.id()});
    return Play(Text(Field(case_, "health_outcome"), target.id()));
  }
  absl::Status Switch(const std::string& version) {
    calls_.push_back({"switch", version});
    return Play(Text(case_, "switch_outcome"));
  }

  Callbacks CallbacksOf() {
    Callbacks callbacks;
    if (!IsNull(Field(case_, "health_outcome"))) {
      callbacks.health_check = [this](const v1::Target& target) { return Health(target); };
    }
    if (!IsNull(Field(case_, "switch_outcome"))) {
      callbacks.switch_traffic = [this](const std::string& version) { return Switch(version); };
    }
    return callbacks;
  }

  const std::vector<std::vector<std::string>>& calls() const { return calls_; }

 private:
  static absl::Status Play(const std::string& outcome) {
    if (outcome == "ok") return absl::OkStatus();
    if (outcome == "fail") return absl::UnknownError("returned false");
    throw std::runtime_error(outcome.substr(outcome.find(':') + 1));
  }

  const Value& case_;
  std::vector<std::vector<std::string>> calls_;
};

std::vector<std::vector<std::string>> ExpectedCalls(const Value& expect) {
  std::vector<std::vector<std::string>> calls;
  for (const Value& call : Field(expect, "calls").list_value().values()) {
    std::vector<std::string>& words = calls.emplace_back();
    for (const Value& word : call.list_value().values()) words.push_back(word.string_value());
  }
  return calls;
}

std::vector<double> ExpectedNumbers(const Value& expect, const std::string& name) {
  std::vector<double> numbers;
  for (const Value& number : Field(expect, name).list_value().values()) {
    numbers.push_back(number.number_value());
  }
  return numbers;
}

void ExpectWaits(const Value& expect, const StepClock& clock) {
  std::vector<double> waits;
  for (const absl::Duration wait : clock.waits()) waits.push_back(absl::ToDoubleSeconds(wait));
  EXPECT_EQ(waits, ExpectedNumbers(expect, "sleeps"));
}

void ExpectMetadata(const Value& expect,
                    const google::protobuf::Map<std::string, std::string>& got) {
  const auto& wanted = Field(expect, "metadata").struct_value().fields();
  for (const auto& [key, value] : wanted) {
    ASSERT_TRUE(got.contains(key)) << key;
    if (value.kind_case() == Value::kNumberValue) {
      EXPECT_DOUBLE_EQ(std::stod(got.at(key)), value.number_value()) << key;
    } else {
      EXPECT_EQ(got.at(key), value.string_value()) << key;
    }
  }
  EXPECT_EQ(got.size(), wanted.size());
}

DeploymentStrategyOptions OptionsOf(const Value& test_case) {
  const Value& options = Field(test_case, "options");
  DeploymentStrategyOptions result;
  result.rolling.set_batch_size(static_cast<int>(Number(options, "batch_size")));
  result.rolling.set_delay_seconds(Number(options, "delay_seconds"));
  for (const double stage : ExpectedNumbers(options, "stages")) result.canary.add_stages(stage);
  result.canary.set_stage_duration_seconds(Number(options, "stage_duration_seconds"));
  result.canary.set_success_threshold(Number(options, "success_threshold"));
  return result;
}

void RunTargetCase(const Value& test_case) {
  Script script(test_case);
  StepClock clock;
  InlineRunner runner(clock);
  DeploymentStrategyOptions options = OptionsOf(test_case);
  options.runner = &runner;
  options.callbacks = script.CallbacksOf();
  const auto strategy = CreateStrategy(Text(test_case, "strategy"), options);
  ASSERT_TRUE(strategy.ok()) << strategy.status();

  Targets targets;
  for (const Value& target : Field(test_case, "targets").list_value().values()) {
    v1::Target& added = targets.emplace_back();
    added.set_id(Text(target, "id"));
    added.set_address(Text(target, "address"));
    added.set_version(Text(target, "version"));
  }
  const DeployFn deploy = [&](const v1::Target& target, const std::string& version) {
    return script.Deploy(target, version);
  };
  const bool back = Text(test_case, "operation") == "rollback";
  const std::string version = Text(test_case, "version");
  const v1::DeploymentResult result = back ? (*strategy)->Rollback(targets, version, deploy)
                                           : (*strategy)->Deploy(targets, version, deploy);

  const Value& expect = Field(test_case, "expect");
  EXPECT_EQ(script.calls(), ExpectedCalls(expect));
  ExpectWaits(expect, clock);
  EXPECT_EQ(result.success(), Field(expect, "success").bool_value());
  EXPECT_EQ(result.targets_updated(), Number(expect, "targets_updated"));
  EXPECT_EQ(result.targets_failed(), Number(expect, "targets_failed"));
  EXPECT_EQ(StatusName(result.state()), Text(expect, "state"));
  EXPECT_EQ(!result.errors().empty(), Field(expect, "has_errors").bool_value());
  ExpectMetadata(expect, result.metadata());
  if (!IsNull(Field(expect, "duration_ms"))) {
    EXPECT_EQ(result.duration_ms(), Number(expect, "duration_ms"));
  }
  const auto& after = Field(expect, "targets_after").list_value().values();
  ASSERT_EQ(targets.size(), static_cast<size_t>(after.size()));
  for (size_t i = 0; i < targets.size(); ++i) {
    const Value& wanted = after[static_cast<int>(i)];
    EXPECT_EQ(targets[i].id(), Text(wanted, "id"));
    EXPECT_EQ(targets[i].version(), Text(wanted, "version")) << targets[i].id();
  }
}

std::unique_ptr<ServiceStrategy> ServiceStrategyOf(const Value& test_case, PlanRunner& runner) {
  const Value& options = Field(test_case, "options");
  const std::string name = Text(test_case, "strategy");
  if (name == "rolling") {
    v1::RollingStrategy rolling;
    rolling.set_batch_size(static_cast<int>(Number(options, "batch_size")));
    rolling.set_batch_count(static_cast<int>(Number(options, "batch_count")));
    rolling.set_pause_seconds(Number(options, "pause_seconds"));
    return std::make_unique<RollingStrategy>(rolling, &runner);
  }
  if (name == "canary") {
    v1::CanaryStrategy canary;
    canary.set_initial_percentage(Number(options, "initial_percentage"));
    canary.set_step(Number(options, "step"));
    canary.set_max_steps(static_cast<int>(Number(options, "max_steps")));
    return std::make_unique<CanaryStrategy>(canary, &runner);
  }
  if (name == "blue_green") {
    return std::make_unique<BlueGreenStrategy>(v1::BlueGreenStrategy(), &runner);
  }
  v1::FeatureFlagStrategy flag;
  flag.set_flag_name(Text(options, "flag_name"));
  flag.set_initial_rollout(Number(options, "initial_rollout"));
  return std::make_unique<FeatureFlagStrategy>(flag, &runner);
}

void RunServiceCase(const Value& test_case) {
  StepClock clock;
  std::vector<double> traffic;
  bool observe = true;
  InlineRunner runner(clock, [&](const v1::DeploymentState& state) {
    // Traffic counts once a step has set it.
    const bool begun = state.current_step() > 0 || IsTerminal(state.status());
    if (!observe || !begun) return;
    if (traffic.empty() || traffic.back() != state.traffic_percentage()) {
      traffic.push_back(state.traffic_percentage());
    }
  });
  const auto strategy = ServiceStrategyOf(test_case, runner);
  const bool back = Text(test_case, "operation") == "rollback";
  observe = !back;
  v1::DeploymentState state =
      strategy->Execute(Text(test_case, "service"), Text(test_case, "version"));
  if (back) {
    observe = true;
    state = strategy->Rollback(state);
  }

  const Value& expect = Field(test_case, "expect");
  EXPECT_EQ(state.service(), Text(expect, "service"));
  EXPECT_EQ(state.version(), Text(expect, "version"));
  EXPECT_EQ(state.strategy(), Text(expect, "strategy"));
  EXPECT_EQ(StatusName(state.status()), Text(expect, "status"));
  EXPECT_DOUBLE_EQ(state.traffic_percentage(), Number(expect, "traffic_percentage"));
  EXPECT_EQ(state.has_end_time(), Field(expect, "completed").bool_value());
  ExpectMetadata(expect, state.metadata());
  ExpectWaits(expect, clock);
  const std::vector<double> wanted = ExpectedNumbers(expect, "traffic_steps");
  ASSERT_EQ(traffic.size(), wanted.size());
  for (size_t i = 0; i < wanted.size(); ++i) EXPECT_NEAR(traffic[i], wanted[i], 1e-9);
}

google::protobuf::ListValue LoadCases() {
  const char* other = std::getenv("SLUICE_CONFORMANCE");
  const std::string path = other != nullptr ? other : SLUICE_CONFORMANCE_FILE;
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  google::protobuf::ListValue cases;
  const auto parsed = google::protobuf::util::JsonStringToMessage(text.str(), &cases);
  EXPECT_TRUE(parsed.ok()) << path << ": " << parsed.ToString();
  return cases;
}

TEST(Conformance, EveryRecordedCaseHolds) {
  const google::protobuf::ListValue cases = LoadCases();
  ASSERT_GT(cases.values_size(), 0);
  for (const Value& test_case : cases.values()) {
    SCOPED_TRACE(Text(test_case, "name"));
    if (Text(test_case, "api") == "target") {
      RunTargetCase(test_case);
    } else {
      RunServiceCase(test_case);
    }
  }
  std::printf("%d recorded cases\n", cases.values_size());
}

TEST(CreateStrategy, NamesTheKnownTypesForAnUnknownOne) {
  const auto strategy = CreateStrategy("sideways");
  EXPECT_EQ(strategy.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(strategy.status().message(),
            "unknown strategy type \"sideways\"; known are rolling, blue_green, canary");
}

}  // namespace
}  // namespace sluice
