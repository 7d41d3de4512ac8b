// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "strategy/validate.h"

#include <cmath>
#include <string>

#include "absl/strings/str_cat.h"

namespace sluice {
namespace {

// Bounds that keep a plan's size and arithmetic sane; far beyond any use.
constexpr int kMaxCount = 10'000;
constexpr double kMaxSeconds = 30 * 24 * 3600;
constexpr int kMaxStages = 100;

// Collects the violations of one message's fields.
class Fields {
 public:
  Fields(absl::string_view path, Violations& violations) : path_(path), violations_(violations) {}

  void Count(absl::string_view field, int value, int lowest) const {
    if (value < lowest || value > kMaxCount) {
      Add(field, absl::StrCat("must be ", lowest, " to ", kMaxCount, ", is ", value));
    }
  }
  void Seconds(absl::string_view field, double value) const {
    Range(field, value, 0, kMaxSeconds, "seconds");
  }
  void Percentage(absl::string_view field, double value) const {
    Range(field, value, 0, 100, "percent");
  }
  // NaN is outside every range.
  void Range(absl::string_view field, double value, double low, double high,
             absl::string_view unit) const {
    if (!(value >= low && value <= high)) {
      Add(field, absl::StrCat("must be ", low, " to ", high, unit.empty() ? "" : " ", unit, ", is ",
                              value));
    }
  }
  void Add(absl::string_view field, const std::string& description) const {
    violations_.Add(FieldPath(path_, field), description);
  }

 private:
  const std::string path_;
  Violations& violations_;
};

void Check(const v1::RollingDeployment& options, const Fields& fields) {
  if (options.has_batch_size()) fields.Count("batch_size", options.batch_size(), 1);
  if (options.has_delay_seconds()) fields.Seconds("delay_seconds", options.delay_seconds());
}

void Check(const v1::BlueGreenDeployment& options, const Fields& fields) {
  fields.Count("max_concurrent", options.max_concurrent(), 0);
}

void CheckStages(const v1::CanaryDeployment& options, const Fields& fields) {
  if (options.stages_size() > kMaxStages) {
    fields.Add("stages",
               absl::StrCat("must be at most ", kMaxStages, ", are ", options.stages_size()));
    return;
  }
  for (int i = 0; i < options.stages_size(); ++i) {
    const double stage = options.stages(i);
    const std::string field = absl::StrCat("stages[", i, "]");
    if (!(stage > 0 && stage <= 100)) {
      fields.Add(field, absl::StrCat("must be above 0 and at most 100 percent, is ", stage));
    } else if (i > 0 && !(stage > options.stages(i - 1))) {
      fields.Add(field, absl::StrCat("must be above the stage before it (", options.stages(i - 1),
                                     "), is ", stage));
    }
  }
}

void Check(const v1::CanaryDeployment& options, const Fields& fields) {
  CheckStages(options, fields);
  fields.Seconds("stage_duration_seconds", options.stage_duration_seconds());
  fields.Range("success_threshold", options.success_threshold(), 0, 1, "");
  fields.Count("max_concurrent", options.max_concurrent(), 0);
}

void Check(const v1::RollingStrategy& options, const Fields& fields) {
  if (options.has_batch_size()) fields.Count("batch_size", options.batch_size(), 1);
  if (options.has_batch_count()) fields.Count("batch_count", options.batch_count(), 1);
  fields.Seconds("pause_seconds", options.pause_seconds());
}

void Check(const v1::CanaryStrategy& options, const Fields& fields) {
  fields.Percentage("initial_percentage", options.initial_percentage());
  if (options.has_step() && !(options.step() > 0 && options.step() <= 100)) {
    fields.Add("step", absl::StrCat("must be above 0 and at most 100 percentage points, is ",
                                    options.step()));
  }
  if (options.has_max_steps()) fields.Count("max_steps", options.max_steps(), 1);
  fields.Seconds("step_duration_seconds", options.step_duration_seconds());
}

void Check(const v1::BlueGreenStrategy&, const Fields&) {}

void Check(const v1::FeatureFlagStrategy& options, const Fields& fields) {
  fields.Percentage("initial_rollout", options.initial_rollout());
}

}  // namespace

void ValidateStrategy(const v1::Strategy& strategy, absl::string_view path,
                      Violations& violations) {
  const auto at = [&](absl::string_view kind) { return Fields(FieldPath(path, kind), violations); };
  switch (strategy.kind_case()) {
    case v1::Strategy::kRollingDeployment:
      return Check(strategy.rolling_deployment(), at("rolling_deployment"));
    case v1::Strategy::kBlueGreenDeployment:
      return Check(strategy.blue_green_deployment(), at("blue_green_deployment"));
    case v1::Strategy::kCanaryDeployment:
      return Check(strategy.canary_deployment(), at("canary_deployment"));
    case v1::Strategy::kRollingStrategy:
      return Check(strategy.rolling_strategy(), at("rolling_strategy"));
    case v1::Strategy::kCanaryStrategy:
      return Check(strategy.canary_strategy(), at("canary_strategy"));
    case v1::Strategy::kBlueGreenStrategy:
      return Check(strategy.blue_green_strategy(), at("blue_green_strategy"));
    case v1::Strategy::kFeatureFlagStrategy:
      CheckText(FieldPath(path, "feature_flag_strategy.flag_name"),
                strategy.feature_flag_strategy().flag_name(), 256, violations);
      return Check(strategy.feature_flag_strategy(), at("feature_flag_strategy"));
    case v1::Strategy::KIND_NOT_SET:
      violations.Add(path,
                     "must name one of rolling_deployment, blue_green_deployment, "
                     "canary_deployment, rolling_strategy, canary_strategy, blue_green_strategy, "
                     "feature_flag_strategy");
  }
}

void ValidateOnFailure(const v1::OnFailure& on_failure, absl::string_view path,
                       Violations& violations) {
  if (!v1::FailurePolicy_IsValid(on_failure.policy())) {
    violations.Add(FieldPath(path, "policy"),
                   absl::StrCat("must be ROLLBACK, STOP or CONTINUE, is ",
                                static_cast<int>(on_failure.policy())));
  }
  if (!v1::UncertainPolicy_IsValid(on_failure.on_uncertain())) {
    violations.Add(FieldPath(path, "on_uncertain"),
                   absl::StrCat("must be PROBE_THEN_RETRY, PAUSE or ROLLBACK, is ",
                                static_cast<int>(on_failure.on_uncertain())));
  }
  if (on_failure.max_failed_targets() < 0) {
    violations.Add(FieldPath(path, "max_failed_targets"),
                   absl::StrCat("must be 0 or more, is ", on_failure.max_failed_targets()));
  }
}

}  // namespace sluice
