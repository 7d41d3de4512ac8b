// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/health_watch.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "engine/port_call.h"

namespace sluice {
namespace {

// Counts the answers of one target.
class HealthCount {
 public:
  HealthCount(const HealthPolicy& policy, absl::Duration now)
      : policy_(policy), deadline_(now + policy.deadline) {}

  void Succeeded(absl::Duration now) {
    if (successes_++ == 0) healthy_since_ = now;
    failures_ = 0;
    was_healthy_ = was_healthy_ || successes_ >= policy_.healthy_threshold;
  }
  // True when this was one failure too many for a target that had been healthy.
  bool Failed() {
    ++failures_;
    if (was_healthy_ && failures_ < policy_.unhealthy_threshold) return false;
    successes_ = 0;
    return was_healthy_;
  }
  bool Done(absl::Duration now) const {
    return was_healthy_ && failures_ == 0 && now - healthy_since_ >= policy_.min_healthy_time;
  }
  bool Late(absl::Duration now) const { return now >= deadline_; }

  // Until the next answer is worth asking for.
  absl::Duration NextIn(absl::Duration now) const {
    absl::Duration wait = policy_.interval;
    // A failure is followed by as many intervals as the threshold takes.
    const bool is_healthy = was_healthy_ && failures_ == 0;
    if (is_healthy) wait = std::min(wait, healthy_since_ + policy_.min_healthy_time - now);
    return std::max(std::min(wait, deadline_ - now), absl::Milliseconds(1));
  }

 private:
  const HealthPolicy& policy_;
  const absl::Duration deadline_;
  absl::Duration healthy_since_;
  int successes_ = 0;
  int failures_ = 0;
  bool was_healthy_ = false;
};

absl::Status TooLate(const HealthPolicy& policy, const std::string& words) {
  if (policy.deadline <= absl::ZeroDuration()) return absl::FailedPreconditionError(words);
  return absl::DeadlineExceededError(
      absl::StrCat("not healthy after ", absl::FormatDuration(policy.deadline), ": ", words));
}

absl::Status Cancelled() { return absl::CancelledError("the health check was cancelled"); }

}  // namespace

HealthVerdict AwaitHealthy(HealthCheck& check, const HealthPolicy& policy, const TargetCall& call,
                           Clock& clock, const std::stop_token& stop,
                           const std::function<void(const std::string&)>& on_answer) {
  HealthCount count(policy, clock.Monotonic());
  std::string told;
  while (true) {
    const absl::StatusOr<std::string> answer = CallPort([&] { return check.Check(call, stop); });
    if (stop.stop_requested()) return {Cancelled(), told};
    const std::string words = answer.ok() ? *answer : std::string(answer.status().message());
    const absl::Duration now = clock.Monotonic();
    if (answer.ok()) {
      count.Succeeded(now);
    } else if (count.Failed()) {
      return {absl::FailedPreconditionError(absl::StrCat("became unhealthy: ", words)), words};
    }
    if (count.Done(now)) return {absl::OkStatus(), words};
    if (count.Late(now)) return {TooLate(policy, words), words};
    if (words != told) on_answer(words);
    told = words;
    if (!SleepFor(clock, count.NextIn(now), stop)) return {Cancelled(), told};
  }
}

}  // namespace sluice
