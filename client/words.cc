// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "client/words.h"

#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"

namespace sluice::client {
namespace {

// "FleetConsistency" → "FLEET_CONSISTENCY_"
std::string ValuePrefix(const google::protobuf::EnumDescriptor& type) {
  std::string prefix;
  for (char c : type.name()) {
    if (absl::ascii_isupper(static_cast<unsigned char>(c)) && !prefix.empty()) prefix += '_';
    prefix += absl::ascii_toupper(static_cast<unsigned char>(c));
  }
  return prefix + '_';
}

Span StatusIcon(v1::Status status) {
  switch (status) {
    case v1::STATUS_IN_PROGRESS:
      return {"◷", Style::kActive};
    case v1::STATUS_PAUSED:
      return {"॥", Style::kWarning};
    case v1::STATUS_COMPLETED:
      return {"✔", Style::kGood};
    case v1::STATUS_FAILED:
      return {"✖", Style::kBad};
    case v1::STATUS_ROLLED_BACK:
      return {"↩", Style::kWarning};
    default:
      return {"◌", Style::kDim};
  }
}

bool IsPassedOver(const v1::Step& step) {
  return step.status() == v1::STEP_STATUS_DONE && !step.error().empty() &&
         !step.deploy_targets().failures_are_judged_later();
}

}  // namespace

std::string EnumWord(const google::protobuf::EnumDescriptor& type, int value) {
  const auto* descriptor = type.FindValueByNumber(value);
  if (descriptor == nullptr) return absl::StrCat(value);
  const std::string prefix = ValuePrefix(type);
  return absl::AsciiStrToLower(absl::StripPrefix(descriptor->name(), prefix));
}

std::string Spoken(std::string word) {
  absl::StrReplaceAll({{"_", " "}}, &word);
  return word;
}

absl::StatusOr<v1::Status> ParseStatus(const std::string& word) {
  std::vector<std::string> known;
  for (int value = v1::STATUS_PENDING; value <= v1::Status_MAX; ++value) {
    const auto status = static_cast<v1::Status>(value);
    if (Word(status) == word) return status;
    known.push_back(Word(status));
  }
  return absl::InvalidArgumentError(
      absl::StrCat("\"", word, "\" is not a status; there are ", absl::StrJoin(known, ", ")));
}

bool IsTerminal(v1::Status status) {
  return status == v1::STATUS_COMPLETED || status == v1::STATUS_FAILED ||
         status == v1::STATUS_ROLLED_BACK;
}

Line StatusLabel(v1::Status status) {
  const Span icon = StatusIcon(status);
  return Line(icon.text, icon.style).Add(" ").Add(Word(status), icon.style);
}

Line FleetLabel(v1::FleetConsistency consistency) {
  const bool is_one_version = consistency == v1::FLEET_CONSISTENCY_CONSISTENT;
  return Line(Word(consistency), is_one_version ? Style::kGood : Style::kWarning);
}

Span TargetIcon(const v1::TargetState& target) {
  switch (target.phase()) {
    case v1::TARGET_PHASE_DEPLOYING:
    case v1::TARGET_PHASE_CHECKING_HEALTH:
      return {"◷", Style::kActive};
    case v1::TARGET_PHASE_SUCCEEDED:
      return {"✔", Style::kGood};
    case v1::TARGET_PHASE_FAILED:
      return {"✖", Style::kBad};
    case v1::TARGET_PHASE_CANCELLED:
      return {"⊘", Style::kWarning};
    case v1::TARGET_PHASE_UNCERTAIN:
      return {"?", Style::kWarning};
    case v1::TARGET_PHASE_ROLLED_BACK:
      return {"↩", Style::kWarning};
    default:
      return {"◌", Style::kDim};
  }
}

Span StepIcon(const v1::Step& step) {
  if (IsPassedOver(step)) return {"✖", Style::kBad};
  switch (step.status()) {
    case v1::STEP_STATUS_RUNNING:
      return {"◷", Style::kActive};
    case v1::STEP_STATUS_DONE:
      return {"✔", Style::kGood};
    case v1::STEP_STATUS_FAILED:
      return {"✖", Style::kBad};
    default:
      return {"◌", Style::kDim};
  }
}

std::string StepWord(const v1::Step& step) {
  return IsPassedOver(step) ? "failed, gone on" : Word(step.status());
}

}  // namespace sluice::client
