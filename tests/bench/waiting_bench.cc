// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// 10,000 deployments that wait at the same time, and are woken: what each costs, and how late it
// goes on.

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <fstream>

#include "absl/strings/numbers.h"
#include "absl/time/clock.h"
#include "base/status_macros.h"
#include "base/timestamp.h"
#include "bench/benchmarks.h"
#include "bench/engine.h"

namespace sluice::bench {
namespace {

constexpr int kDeployments = 10'000;
constexpr absl::Duration kPause = absl::Seconds(10);
constexpr absl::Duration kPatience = absl::Minutes(1);
constexpr absl::Duration kLatenessGoal = absl::Milliseconds(10);

int64_t ResidentBytes() {
  std::ifstream file("/proc/self/statm");
  int64_t total = 0;
  int64_t resident = 0;
  file >> total >> resident;
  return resident * sysconf(_SC_PAGE_SIZE);
}

// Notes when each deployment moved its traffic for the second time: its first step after the wait.
class NotingRouter final : public TrafficRouter {
 public:
  absl::Status SetTraffic(const RouteCall& call, double percentage, std::stop_token) override {
    int index = 0;
    if (!absl::SimpleAtoi(call.deployment_id, &index)) return absl::InternalError("no number");
    if (percentage < 100) {
      ++begun_;
    } else {
      woken_at_[index] = absl::Now();
      ++woken_;
    }
    return absl::OkStatus();
  }
  absl::Status Switch(const RouteCall&, const std::string&, std::stop_token) override {
    return absl::OkStatus();
  }
  absl::Status SetFlag(const RouteCall&, const std::string&, double, std::stop_token) override {
    return absl::OkStatus();
  }
  absl::Duration MaxDuration() const override { return absl::ZeroDuration(); }

  int begun() const { return begun_; }
  int woken() const { return woken_; }
  // Once all are woken.
  absl::Time woken_at(int index) const { return woken_at_[index]; }

 private:
  std::atomic<int> begun_{0};
  std::atomic<int> woken_{0};
  std::vector<absl::Time> woken_at_ = std::vector<absl::Time>(kDeployments);
};

v1::DeployRequest PausingRequest(int n) {
  v1::DeployRequest request;
  request.set_service(fmt::format("service-{:05}", n));
  request.set_version("2.4.1");
  v1::RollingStrategy& strategy = *request.mutable_strategy()->mutable_rolling_strategy();
  strategy.set_batch_count(2);
  strategy.set_pause_seconds(absl::ToDoubleSeconds(kPause));
  return request;
}

template <typename Condition>
absl::Status AwaitThat(const std::string& what, Condition condition) {
  const absl::Time limit = absl::Now() + kPatience;
  while (!condition()) {
    if (absl::Now() > limit) return absl::DeadlineExceededError("waited in vain for: " + what);
    absl::SleepFor(absl::Milliseconds(5));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<absl::Time>> WaitEnds(const Registry& registry) {
  std::vector<absl::Time> ends;
  for (int i = 0; i < kDeployments; ++i) {
    SLUICE_RETURN_IF_ERROR(registry.Read(fmt::format("{:06}", i), [&](const auto& state) {
      for (const v1::Step& step : state.plan().steps()) {
        if (step.has_wait_until()) ends.push_back(FromTimestamp(step.wait_until()));
      }
    }));
  }
  return ends;
}

Row LatenessRow(const std::string& figure, double milliseconds) {
  return {.figure = figure, .measured = MillisText(absl::Milliseconds(milliseconds))};
}

}  // namespace

Rows MeasureWaiting() {
  const auto router = std::make_shared<NotingRouter>();
  ServicePorts ports = NonePorts();
  ports.router = router;
  Engine engine({.max_active_deployments = kDeployments}, ports);
  const int64_t bytes_before = ResidentBytes();
  const absl::Time start = absl::Now();
  for (int i = 0; i < kDeployments; ++i) {
    SLUICE_RETURN_IF_ERROR(engine.manager().Deploy(PausingRequest(i)).status());
  }
  SLUICE_RETURN_IF_ERROR(
      AwaitThat("all deployments begin", [&] { return router->begun() == kDeployments; }));
  const absl::Duration took = absl::Now() - start;
  absl::SleepFor(absl::Milliseconds(200));  // From the last router call to its wait.
  const int64_t bytes = ResidentBytes() - bytes_before;
  SLUICE_ASSIGN_OR_RETURN(const std::vector<absl::Time> ends, WaitEnds(engine.registry()));
  if (ends.size() != kDeployments) return absl::InternalError("not all wait at the same time");
  SLUICE_RETURN_IF_ERROR(
      AwaitThat("all deployments go on", [&] { return router->woken() == kDeployments; }));
  std::vector<double> lateness;
  for (int i = 0; i < kDeployments; ++i) {
    lateness.push_back(absl::ToDoubleMilliseconds(router->woken_at(i) - ends[i]));
  }
  const double p99 = Quantile(lateness, 0.99);
  Row worst = LatenessRow("…, lateness of the wake-up, p99", p99);
  worst.goal = "< 10 ms";
  worst.met = absl::Milliseconds(p99) < kLatenessGoal;
  return std::vector<Row>{{.figure = "10,000 waiting deployments, resident memory each",
                           .measured = fmt::format("{:.1f} KiB", bytes / 1024.0 / kDeployments)},
                          {.figure = "…, time to start all", .measured = MillisText(took)},
                          LatenessRow("…, lateness of the wake-up, p50", Quantile(lateness, 0.5)),
                          worst};
}

}  // namespace sluice::bench
