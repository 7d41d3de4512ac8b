// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "base/duration_text.h"

#include <algorithm>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/violations.h"

namespace sluice {
namespace {

// The range of google.protobuf.Duration.
constexpr absl::Duration kLongest = absl::Seconds(315'576'000'000);

bool IsBareNumber(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return absl::ascii_isdigit(c); });
}

std::string NotADuration(absl::string_view text) {
  std::string error =
      absl::StrCat("must be a duration such as 500ms, 90s, 5m or 1h30m, is ", Quoted(text));
  if (!text.empty() && IsBareNumber(text)) {
    absl::StrAppend(&error, "; did you mean ", std::string(text), "s?");
  }
  return error;
}

}  // namespace

absl::StatusOr<absl::Duration> ParseDuration(absl::string_view text) {
  absl::Duration duration;
  if (!absl::ParseDuration(text, &duration)) {
    return absl::InvalidArgumentError(NotADuration(text));
  }
  if (duration < absl::ZeroDuration()) {
    return absl::InvalidArgumentError(
        absl::StrCat("must be a duration of 0 or more, is ", std::string(text)));
  }
  if (duration > kLongest) {
    return absl::InvalidArgumentError(
        absl::StrCat("must be a duration of at most 10,000 years, is ", Quoted(text)));
  }
  return duration;
}

}  // namespace sluice
