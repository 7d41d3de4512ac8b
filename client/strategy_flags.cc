// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "client/strategy_flags.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "base/status_macros.h"
#include "client/durations.h"
#include "google/protobuf/descriptor.h"

namespace sluice::client {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

struct StrategyName {
  const char* name;
  const char* field;  // in v1.Strategy
};

constexpr StrategyName kStrategies[] = {
    {"rolling", "rolling_deployment"},         {"blue_green", "blue_green_deployment"},
    {"canary", "canary_deployment"},           {"rolling_strategy", "rolling_strategy"},
    {"canary_strategy", "canary_strategy"},    {"blue_green_strategy", "blue_green_strategy"},
    {"feature_flag", "feature_flag_strategy"},
};

const FieldDescriptor* FindStrategy(std::string name) {
  absl::StrReplaceAll({{"-", "_"}}, &name);
  for (const StrategyName& known : kStrategies) {
    if (name == known.name || name == known.field) {
      return v1::Strategy::descriptor()->FindFieldByName(known.field);
    }
  }
  return nullptr;
}

// "--delay" of "--delay,--delay-seconds"
std::string MainFlag(const StrategyFlag& flag) {
  return flag.flags.substr(0, flag.flags.find(','));
}

std::string FlagOf(const std::string& field) {
  for (const StrategyFlag& flag : StrategyFlags()) {
    if (flag.field == field) return MainFlag(flag);
  }
  return absl::StrCat("--", field);
}

std::string FlagsTaken(const google::protobuf::Descriptor& strategy) {
  std::vector<std::string> flags;
  for (int i = 0; i < strategy.field_count(); ++i) {
    flags.push_back(FlagOf(strategy.field(i)->name()));
  }
  return absl::StrJoin(flags, ", ");
}

absl::Status NotA(const char* kind, const std::string& text) {
  return absl::InvalidArgumentError(absl::StrCat("\"", text, "\" is not ", kind));
}

absl::StatusOr<double> ParseSeconds(const std::string& text) {
  SLUICE_ASSIGN_OR_RETURN(const absl::Duration duration, ParseFlagDuration(text));
  return absl::ToDoubleSeconds(duration);
}

absl::StatusOr<double> ParseNumber(const std::string& text) {
  double value = 0;
  if (!absl::SimpleAtod(text, &value)) return NotA("a number", text);
  return value;
}

absl::Status SetDouble(Message& message, const FieldDescriptor& field, const std::string& text) {
  const bool is_time = absl::EndsWith(field.name(), "_seconds");
  SLUICE_ASSIGN_OR_RETURN(const double value, is_time ? ParseSeconds(text) : ParseNumber(text));
  message.GetReflection()->SetDouble(&message, &field, value);
  return absl::OkStatus();
}

absl::Status SetDoubles(Message& message, const FieldDescriptor& field, const std::string& text) {
  message.GetReflection()->ClearField(&message, &field);
  for (absl::string_view part : absl::StrSplit(text, ',')) {
    double value = 0;
    if (!absl::SimpleAtod(part, &value)) {
      return NotA("a list of numbers such as 10,25,50,100", text);
    }
    message.GetReflection()->AddDouble(&message, &field, value);
  }
  return absl::OkStatus();
}

absl::Status SetField(Message& message, const FieldDescriptor& field, const std::string& text) {
  if (field.is_repeated()) return SetDoubles(message, field, text);
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return SetDouble(message, field, text);
    case FieldDescriptor::CPPTYPE_INT32: {
      int value = 0;
      if (!absl::SimpleAtoi(text, &value)) return NotA("a whole number", text);
      message.GetReflection()->SetInt32(&message, &field, value);
      return absl::OkStatus();
    }
    case FieldDescriptor::CPPTYPE_BOOL:
      message.GetReflection()->SetBool(&message, &field, text == "true");
      return absl::OkStatus();
    default:
      message.GetReflection()->SetString(&message, &field, text);
      return absl::OkStatus();
  }
}

}  // namespace

const std::vector<StrategyFlag>& StrategyFlags() {
  static const auto* flags = new std::vector<StrategyFlag>{
      {"batch_size", "--batch-size", "rolling: targets deployed at the same time (1)"},
      {"delay_seconds", "--delay,--delay-seconds", "rolling: wait between two batches (5s)"},
      {"max_concurrent", "--max-concurrent",
       "blue_green, canary: targets deployed at the same time (0: all)"},
      {"manual_promotion", "--manual-promotion",
       "blue_green, canary and their _strategy: wait for `sluice promote`", true},
      {"stages", "--stages", "canary: percentages of the targets (10,25,50,100)"},
      {"stage_duration_seconds", "--stage-duration,--stage-duration-seconds",
       "canary: wait between two stages (60s)"},
      {"success_threshold", "--success-threshold",
       "canary: smallest share of a stage that must succeed (0.95)"},
      {"batch_count", "--batch-count", "rolling_strategy: number of traffic steps (4)"},
      {"pause_seconds", "--pause,--pause-seconds", "rolling_strategy: wait after each step (0s)"},
      {"initial_percentage", "--initial-percentage",
       "canary_strategy: first share of the traffic (10)"},
      {"step", "--step", "canary_strategy: percentage points added by each step (20)"},
      {"max_steps", "--max-steps", "canary_strategy: steps before the rest follows (5)"},
      {"step_duration_seconds", "--step-duration,--step-duration-seconds",
       "canary_strategy: wait after each step (0s)"},
      {"flag_name", "--flag-name", "feature_flag: the flag (ff_SERVICE_VERSION)"},
      {"initial_rollout", "--initial-rollout", "feature_flag: share of the users in percent (0)"},
  };
  return *flags;
}

std::vector<std::string> StrategyNames() {
  std::vector<std::string> names;
  for (const StrategyName& strategy : kStrategies) names.emplace_back(strategy.name);
  return names;
}

std::string StrategyNameOf(const v1::Strategy& strategy) {
  const auto* kind = strategy.GetReflection()->GetOneofFieldDescriptor(
      strategy, v1::Strategy::descriptor()->oneof_decl(0));
  for (const StrategyName& known : kStrategies) {
    if (kind != nullptr && kind->name() == known.field) return known.name;
  }
  return "";
}

absl::Status BuildStrategy(const std::string& name,
                           const std::vector<std::pair<std::string, std::string>>& parameters,
                           v1::Strategy& strategy) {
  const FieldDescriptor* kind = FindStrategy(name);
  if (kind == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat("--strategy: \"", name,
                                                   "\" is not known; there are ",
                                                   absl::StrJoin(StrategyNames(), ", ")));
  }
  Message& options = *strategy.GetReflection()->MutableMessage(&strategy, kind);
  for (const auto& [field_name, text] : parameters) {
    const FieldDescriptor* field = kind->message_type()->FindFieldByName(field_name);
    if (field == nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat(FlagOf(field_name), " does not belong to the strategy ", name,
                       ", which takes ", FlagsTaken(*kind->message_type())));
    }
    if (absl::Status set = SetField(options, *field, text); !set.ok()) {
      return absl::InvalidArgumentError(absl::StrCat(FlagOf(field_name), ": ", set.message()));
    }
  }
  return absl::OkStatus();
}

std::vector<std::string> StrategiesTaking(
    const std::vector<std::pair<std::string, std::string>>& parameters) {
  std::vector<std::string> names;
  for (const StrategyName& strategy : kStrategies) {
    const auto* options = FindStrategy(strategy.name)->message_type();
    const bool takes_all =
        std::all_of(parameters.begin(), parameters.end(), [options](const auto& parameter) {
          return options->FindFieldByName(parameter.first) != nullptr;
        });
    if (takes_all) names.emplace_back(strategy.name);
  }
  return names;
}

}  // namespace sluice::client
