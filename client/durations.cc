// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "client/durations.h"

#include <cstdint>

#include "absl/strings/str_cat.h"

namespace sluice::client {
namespace {

std::string TwoUnits(int64_t amount, int64_t parts, const char* large, const char* small) {
  const int64_t rest = amount % parts;
  const std::string first = absl::StrCat(amount / parts, large);
  return rest == 0 ? first : absl::StrCat(first, " ", rest, small);
}

}  // namespace

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
