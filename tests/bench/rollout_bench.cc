// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Rolling deployments of 1,000 and of 10,000 targets in batches of 100, each call of 50 ms, against
// the time that the calls take at least.

#include <fmt/format.h>

#include "absl/time/clock.h"
#include "base/status_macros.h"
#include "bench/benchmarks.h"
#include "bench/engine.h"
#include "strategy/deployment_state.h"

namespace sluice::bench {
namespace {

constexpr int kBatch = 100;
constexpr absl::Duration kCall = absl::Milliseconds(50);

struct Rollout {
  int targets = 0;
  int rounds = 1;
  // Where the records are; empty: in memory.
  std::string data_dir;
};

absl::Duration IdealOf(const Rollout& rollout) { return rollout.targets / kBatch * kCall; }

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

v1::DeployRequest RollingRequest(int targets) {
  v1::DeployRequest request;
  request.set_service("checkout");
  request.set_version("2.4.1");
  v1::RollingDeployment& strategy = *request.mutable_strategy()->mutable_rolling_deployment();
  strategy.set_batch_size(kBatch);
  strategy.set_delay_seconds(0);
  for (int i = 0; i < targets; ++i) {
    v1::Target& target = *request.add_targets();
    target.set_id(fmt::format("host-{:05}", i));
    target.set_address(fmt::format("10.0.{}.{}:80", i / 250, i % 250));
  }
  return request;
}

absl::StatusOr<absl::Duration> TimeOf(const Rollout& rollout) {
  ServicePorts ports = NonePorts();
  ports.deployer = std::make_shared<SleepingDeployer>();
  Engine engine(EngineLimits(), ports, rollout.data_dir);
  const v1::DeployRequest request = RollingRequest(rollout.targets);
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
  SLUICE_RETURN_IF_ERROR(engine.registry().AwaitDurable());
  const absl::Duration took = absl::Now() - start;
  if (snapshot->state().status() != v1::STATUS_COMPLETED) {
    return absl::InternalError(snapshot->state().message());
  }
  return took;
}

absl::StatusOr<Row> Measure(const Rollout& rollout, const std::string& figure) {
  std::vector<double> seconds;
  for (int round = 0; round < rollout.rounds; ++round) {
    SLUICE_ASSIGN_OR_RETURN(const absl::Duration took, TimeOf(rollout));
    seconds.push_back(absl::ToDoubleSeconds(took));
  }
  const double ratio = Median(seconds) / absl::ToDoubleSeconds(IdealOf(rollout));
  return Row{.figure = figure,
             .measured = MillisText(absl::Seconds(Median(seconds))),
             .limit = MillisText(IdealOf(rollout)),
             .ratio = fmt::format("{:.3f}", ratio)};
}

}  // namespace

Rows MeasureRollout(const std::string& disk) {
  SLUICE_ASSIGN_OR_RETURN(
      Row thousand, Measure({.targets = 1000, .rounds = 5},
                            "Rolling deploy of 1,000 targets, 10 batches of 100, 50 ms each"));
  thousand.goal = "≤ 1.05";
  thousand.met = std::stod(thousand.ratio) <= 1.05;
  SLUICE_ASSIGN_OR_RETURN(
      const Row stored,
      Measure({.targets = 1000, .data_dir = disk + "/rollout-1000"}, "the same, on the disk"));
  SLUICE_ASSIGN_OR_RETURN(
      const Row large, Measure({.targets = 10'000},
                               "Rolling deploy of 10,000 targets, 100 batches of 100, 50 ms each"));
  SLUICE_ASSIGN_OR_RETURN(
      const Row large_stored,
      Measure({.targets = 10'000, .data_dir = disk + "/rollout-10000"}, "the same, on the disk"));
  return std::vector<Row>{thousand, stored, large, large_stored};
}

}  // namespace sluice::bench
