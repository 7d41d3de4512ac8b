// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "base/failpoint.h"

#include <signal.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "base/status_macros.h"
#include "spdlog/spdlog.h"

namespace sluice {

#if SLUICE_FAILPOINTS

namespace {

enum class Action { kNone, kCrash, kError, kSleep };

struct Armed {
  Action action = Action::kNone;
  absl::Duration duration;
  // Of the hits, counted from 1.
  int64_t first = 1;
  int64_t last = INT64_MAX;
};

struct Points {
  std::array<Armed, kFailpointCount> armed;
  std::array<std::atomic<int64_t>, kFailpointCount> hits;
};

// The one state of the whole process: a failpoint stands in code that knows of no test, and nothing
// of this is in a daemon that anybody runs.
Points& ThePoints() {
  static Points points;
  return points;
}

std::string Names() {
  return absl::StrJoin(kFailpoints, ", ", [](std::string* out, const Failpoint& failpoint) {
    out->append(failpoint.name);
  });
}

absl::Status ParseHits(absl::string_view text, Armed& armed) {
  const bool is_open = absl::ConsumeSuffix(&text, "+");
  if (!absl::SimpleAtoi(text, &armed.first) || armed.first < 1) {
    return absl::InvalidArgumentError(
        "after @ comes which time: @1, or @1+ for that and all later");
  }
  if (!is_open) armed.last = armed.first;
  return absl::OkStatus();
}

absl::Status ParseAction(absl::string_view text, bool may_fail, Armed& armed) {
  if (text == "crash") {
    armed.action = Action::kCrash;
  } else if (text == "error" && may_fail) {
    armed.action = Action::kError;
  } else if (text == "error") {
    return absl::InvalidArgumentError("this place cannot fail: crash or sleep");
  } else if (absl::ConsumePrefix(&text, "sleep(") && absl::ConsumeSuffix(&text, ")") &&
             absl::ParseDuration(text, &armed.duration) && armed.duration >= absl::ZeroDuration()) {
    armed.action = Action::kSleep;
  } else {
    return absl::InvalidArgumentError("the actions are crash, error and sleep(100ms)");
  }
  return absl::OkStatus();
}

absl::Status ParseOne(absl::string_view text, Points& points) {
  const std::pair<absl::string_view, absl::string_view> sides =
      absl::StrSplit(text, absl::MaxSplits('=', 1));
  const size_t index = FailpointIndex({sides.first.data(), sides.first.size()});
  if (index == kFailpointCount) {
    return absl::InvalidArgumentError(absl::StrCat("there is no such failpoint, but: ", Names()));
  }
  Armed armed;
  const std::pair<absl::string_view, absl::string_view> action =
      absl::StrSplit(sides.second, absl::MaxSplits('@', 1));
  SLUICE_RETURN_IF_ERROR(ParseAction(action.first, kFailpoints[index].may_fail, armed));
  if (action.first != sides.second) SLUICE_RETURN_IF_ERROR(ParseHits(action.second, armed));
  points.armed[index] = armed;
  return absl::OkStatus();
}

[[noreturn]] void Crash() {
  while (true) kill(getpid(), SIGKILL);
}

}  // namespace

absl::Status ArmFailpoints(absl::string_view specification) {
  Points& points = ThePoints();
  points.armed = {};
  for (std::atomic<int64_t>& hits : points.hits) hits = 0;
  for (const absl::string_view one : absl::StrSplit(specification, ',', absl::SkipEmpty())) {
    if (const absl::Status status = ParseOne(one, points); !status.ok()) {
      return absl::Status(status.code(), absl::StrCat("\"", one, "\": ", status.message()));
    }
  }
  return absl::OkStatus();
}

absl::Status HitFailpoint(size_t index) {
  const Armed& armed = ThePoints().armed[index];
  if (armed.action == Action::kNone) return absl::OkStatus();
  const int64_t hit = ++ThePoints().hits[index];
  if (hit < armed.first || hit > armed.last) return absl::OkStatus();
  if (armed.action == Action::kCrash) Crash();
  const std::string name(kFailpoints[index].name);
  spdlog::warn("event=failpoint name={} hit={}", name, hit);
  if (armed.action == Action::kError) return absl::InternalError("failpoint " + name);
  absl::SleepFor(armed.duration);
  return absl::OkStatus();
}

#else

absl::Status ArmFailpoints(absl::string_view specification) {
  if (specification.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError("this program was built without failpoints");
}

#endif  // SLUICE_FAILPOINTS

}  // namespace sluice
