// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/shared/config_checks.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/timestamp.h"

namespace sluice {
namespace {

std::string Written(const google::protobuf::Duration& duration) {
  return absl::FormatDuration(FromProtoDuration(duration));
}

}  // namespace

void CheckPositive(absl::string_view field, const google::protobuf::Duration& duration,
                   Violations& violations) {
  if (FromProtoDuration(duration) <= absl::ZeroDuration()) {
    violations.Add(field, absl::StrCat("must be longer than 0, is ", Written(duration)));
  }
}

void CheckNotNegative(absl::string_view field, const google::protobuf::Duration& duration,
                      Violations& violations) {
  if (FromProtoDuration(duration) < absl::ZeroDuration()) {
    violations.Add(field, absl::StrCat("must not be negative, is ", Written(duration)));
  }
}

absl::StatusOr<std::string> ParseVersion(absl::string_view text) {
  const std::string version(absl::StripAsciiWhitespace(text));
  Violations violations;
  if (!version.empty()) CheckVersion("version", version, violations);
  if (!violations.empty()) {
    return absl::UnknownError(
        absl::StrCat("the target reports something that is no version: ", Quoted(version)));
  }
  return version;
}

}  // namespace sluice
