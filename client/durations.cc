// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "client/durations.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/duration_text.h"

namespace sluice::client {
namespace {

std::string TwoUnits(int64_t amount, int64_t parts, const char* large, const char* small) {
  const int64_t rest = amount % parts;
  const std::string first = absl::StrCat(amount / parts, large);
  return rest == 0 ? first : absl::StrCat(first, " ", rest, small);
}

// Also one with a sign, for which ParseDuration() has words.
bool IsBareNumber(absl::string_view text) {
  absl::ConsumePrefix(&text, "-");
  const auto is_digit = [](char c) { return absl::ascii_isdigit(c); };
  const auto digits = std::count_if(text.begin(), text.end(), is_digit);
  const auto points = std::count(text.begin(), text.end(), '.');
  return digits > 0 && points <= 1 && digits + points == static_cast<std::ptrdiff_t>(text.size());
}

}  // namespace

absl::StatusOr<absl::Duration> ParseFlagDuration(absl::string_view text) {
  return IsBareNumber(text) ? ParseDuration(absl::StrCat(text, "s")) : ParseDuration(text);
}

std::string ShortDuration(absl::Duration duration) {
  if (duration < absl::ZeroDuration()) duration = absl::ZeroDuration();
  const int64_t milliseconds = absl::ToInt64Milliseconds(duration);
  if (milliseconds > 0 && milliseconds < 1000) return absl::StrCat(milliseconds, "ms");
  const int64_t seconds = absl::ToInt64Seconds(duration);
  if (seconds < 60) return absl::StrCat(seconds, "s");
  if (seconds < 3600) return TwoUnits(seconds, 60, "m", "s");
  if (seconds < 86400) return TwoUnits(seconds / 60, 60, "h", "m");
  return TwoUnits(seconds / 3600, 24, "d", "h");
}

std::string UtcSeconds(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", time, absl::UTCTimeZone());
}

}  // namespace sluice::client
