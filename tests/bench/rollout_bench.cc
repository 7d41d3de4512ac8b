// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// A rolling deployment of 1,000 targets in batches of 100, each call of 50 ms, against the 10 × 50
// ms that it takes at least.

#include <fmt/format.h>

#include "absl/time/clock.h"
#include "base/status_macros.h"
#include "bench/benchmarks.h"
#include "bench/engine.h"
#include "strategy/deployment_state.h"

namespace sluice::bench {
namespace {

constexpr int kRounds = 5;
constexpr int kTargets = 1000;
constexpr int kBatch = 100;
constexpr absl::Duration kCall = absl::Milliseconds(50);
constexpr absl::Duration kIdeal = absl::Milliseconds(50 * kTargets / kBatch);
constexpr double kGoal = 1.05;

class SleepingDeployer final : public Deployer {
 public:
  CallResult Deploy(const TargetCall&, std::stop_token stop) override {
    if (!SleepFor(clock_, kCall, stop)) return {.status = absl::CancelledError("stopped")};
    return {};
  }
  absl::StatusOr<std::string> RunningVersion(const TargetCall&, std::stop_token) override {
    return absl::UnimplementedError("not known");
  }

 private:
  RealClock clock_;
};

v1::DeployRequest RollingRequest() {
  v1::DeployRequest request;
  request.set_service("checkout");
  request.set_version("2.4.1");
  v1::RollingDeployment& strategy = *request.mutable_strategy()->mutable_rolling_deployment();
  strategy.set_batch_size(kBatch);
  strategy.set_delay_seconds(0);
  for (int i = 0; i < kTargets; ++i) {
    v1::Target& target = *request.add_targets();
    target.set_id(fmt::format("host-{:04}", i));
    target.set_address(fmt::format("10.0.{}.{}:80", i / 250, i % 250));
  }
  return request;
}

absl::StatusOr<absl::Duration> TimeOfRollout() {
  ServicePorts ports = NonePorts();
  ports.deployer = std::make_shared<SleepingDeployer>();
  Engine engine(EngineLimits(), ports);
  const v1::DeployRequest request = RollingRequest();
  const absl::Time start = absl::Now();
  SLUICE_ASSIGN_OR_RETURN(SnapshotPtr snapshot, engine.manager().Deploy(request));
  const std::string id = snapshot->state().id();
  int64_t revision = 0;
  while (!IsTerminal(snapshot->state().status())) {
    revision = engine.registry().AwaitChange(revision);
    SLUICE_RETURN_IF_ERROR(engine.registry().Read(id, [&](const auto& state) {
      if (IsTerminal(state.status())) snapshot = std::make_shared<Snapshot>(state);
    }));
  }
  const absl::Duration took = absl::Now() - start;
  if (snapshot->state().status() != v1::STATUS_COMPLETED) {
    return absl::InternalError(snapshot->state().message());
  }
  return took;
}

}  // namespace

Rows MeasureRollout() {
  std::vector<double> seconds;
  for (int round = 0; round < kRounds; ++round) {
    SLUICE_ASSIGN_OR_RETURN(const absl::Duration took, TimeOfRollout());
    seconds.push_back(absl::ToDoubleSeconds(took));
  }
  const double ratio = Median(seconds) / absl::ToDoubleSeconds(kIdeal);
  return std::vector<Row>{
      {.figure = "Rolling deploy of 1,000 targets, 10 batches of 100, 50 ms each",
       .measured = MillisText(absl::Seconds(Median(seconds))),
       .limit = MillisText(kIdeal),
       .ratio = fmt::format("{:.3f}", ratio),
       .goal = "≤ 1.05",
       .met = ratio <= kGoal}};
}

}  // namespace sluice::bench
