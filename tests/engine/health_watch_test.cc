// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Answers of a health check over time, and what becomes of the target, on a clock that jumps.

#include "engine/health_watch.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "support/fake_clock.h"

namespace sluice {
namespace {

// Answers by a text of 'h' (healthy) and 'x' (not), the last one for ever.
class ScriptedCheck final : public HealthCheck {
 public:
  explicit ScriptedCheck(std::string answers) : answers_(std::move(answers)) {}

  absl::StatusOr<std::string> Check(const TargetCall&, std::stop_token) override {
    const char answer = answers_[std::min(asked_++, answers_.size() - 1)];
    if (answer == 'h') return "HTTP 200";
    return absl::UnavailableError("HTTP 503");
  }
  size_t asked() const { return asked_; }

 private:
  const std::string answers_;
  size_t asked_ = 0;
};

HealthPolicy Policy(int healthy, int unhealthy, absl::Duration min_healthy,
                    absl::Duration deadline = absl::Minutes(1)) {
  return {.interval = absl::Seconds(1),
          .healthy_threshold = healthy,
          .unhealthy_threshold = unhealthy,
          .min_healthy_time = min_healthy,
          .deadline = deadline};
}

struct Row {
  std::string name;
  HealthPolicy policy;
  std::string answers;
  absl::StatusCode code;
  absl::Duration after;  // how long it took
};

constexpr absl::StatusCode kHealthy = absl::StatusCode::kOk;
constexpr absl::StatusCode kUnhealthy = absl::StatusCode::kFailedPrecondition;
constexpr absl::StatusCode kLate = absl::StatusCode::kDeadlineExceeded;

const Row kTable[] = {
    {"the first answer suffices", Policy(1, 1, absl::ZeroDuration()), "h", kHealthy,
     absl::ZeroDuration()},
    {"it may take a while to come up", Policy(1, 1, absl::ZeroDuration()), "xxxh", kHealthy,
     absl::Seconds(3)},
    {"healthy for 2 s, then failing, with 5 s asked for", Policy(1, 1, absl::Seconds(5)), "hhhx",
     kUnhealthy, absl::Seconds(3)},
    {"healthy for all of min_healthy_time", Policy(1, 1, absl::Seconds(5)), "h", kHealthy,
     absl::Seconds(5)},
    {"the last look is at the end of min_healthy_time", Policy(1, 1, absl::Milliseconds(2500)), "h",
     kHealthy, absl::Milliseconds(2500)},
    {"three in a row", Policy(3, 1, absl::ZeroDuration()), "hhh", kHealthy, absl::Seconds(2)},
    {"a failure before the threshold starts the count anew", Policy(3, 1, absl::ZeroDuration()),
     "hhxhhh", kHealthy, absl::Seconds(5)},
    {"one failure is not enough for unhealthy", Policy(1, 2, absl::Seconds(4)), "hxhhh", kHealthy,
     absl::Seconds(4)},
    {"a failure at the end of min_healthy_time is looked at again", Policy(1, 2, absl::Seconds(1)),
     "hxh", kHealthy, absl::Seconds(2)},
    {"failures at the end of min_healthy_time are an interval apart too",
     Policy(1, 4, absl::Milliseconds(5500)), "hhhhhxxxx", kUnhealthy, absl::Seconds(8)},
    {"two failures in a row are", Policy(1, 2, absl::Seconds(5)), "hxhxx", kUnhealthy,
     absl::Seconds(4)},
    {"never healthy", Policy(1, 1, absl::ZeroDuration(), absl::Seconds(10)), "x", kLate,
     absl::Seconds(10)},
    {"not long enough healthy before the deadline",
     Policy(1, 1, absl::Seconds(8), absl::Seconds(10)), "xxxxxh", kLate, absl::Seconds(10)},
    {"without a deadline the first answer decides",
     Policy(1, 1, absl::ZeroDuration(), absl::ZeroDuration()), "x", kUnhealthy,
     absl::ZeroDuration()},
};

TEST(HealthWatch, DecidesByThePolicy) {
  for (const Row& row : kTable) {
    StepClock clock;
    ScriptedCheck check(row.answers);
    const HealthVerdict verdict =
        AwaitHealthy(check, row.policy, TargetCall(), clock, {}, [](const std::string&) {});
    const absl::Status& status = verdict.status;
    EXPECT_EQ(verdict.last_answer, row.answers.back() == 'h' ? "HTTP 200" : "HTTP 503") << row.name;
    EXPECT_EQ(status.code(), row.code) << row.name << ": " << status;
    EXPECT_EQ(clock.Monotonic(), row.after) << row.name;
    if (!status.ok() && absl::StrContains(row.answers, "x")) {
      EXPECT_TRUE(absl::StrContains(status.message(), "HTTP ")) << row.name << ": " << status;
    }
  }
}

TEST(HealthWatch, ReportsAnAnswerThatIsNotTheOneBeforeNorTheLast) {
  StepClock clock;
  ScriptedCheck check("xxxhhhhhh");
  std::vector<std::string> answers;
  const HealthVerdict verdict =
      AwaitHealthy(check, Policy(1, 1, absl::Seconds(5)), TargetCall(), clock, {},
                   [&](const std::string& answer) { answers.push_back(answer); });
  EXPECT_TRUE(verdict.status.ok()) << verdict.status;
  EXPECT_EQ(verdict.last_answer, "HTTP 200");
  EXPECT_EQ(answers, (std::vector<std::string>{"HTTP 503", "HTTP 200"}));
  EXPECT_EQ(check.asked(), 9U);
}

TEST(HealthWatch, AStopEndsIt) {
  StepClock clock;
  ScriptedCheck check("xhx");
  std::stop_source stop;
  int answers = 0;
  const HealthPolicy policy = Policy(1, 2, absl::Seconds(5));
  const HealthVerdict verdict =
      AwaitHealthy(check, policy, TargetCall(), clock, stop.get_token(), [&](const std::string&) {
        if (++answers == 3) stop.request_stop();
      });
  EXPECT_TRUE(absl::IsCancelled(verdict.status)) << verdict.status;
  EXPECT_EQ(check.asked(), 3U);
}

}  // namespace
}  // namespace sluice
