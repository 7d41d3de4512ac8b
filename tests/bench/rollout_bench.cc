// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Rolling deployments of 1,000 and of 10,000 targets in batches of 100, each call of 50 ms, against
// the time that the calls take at least.

#include <fmt/format.h>

#include <barrier>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "base/status_macros.h"
#include "bench/benchmarks.h"
#include "bench/engine.h"
#include "strategy/deployment_state.h"

namespace sluice::bench {
namespace {

constexpr int kRounds = 5;
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
  bool TellsVersion() const override { return false; }

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
  absl::SleepFor(IdealOf(rollout) - (absl::Now() - start));  // It cannot end before.
  while (!IsTerminal(snapshot->state().status())) {
    absl::SleepFor(absl::Milliseconds(1));  // Who reads every change is a watch: measured there.
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

// The same batches by threads that only sleep: what it costs this machine to put a hundred to sleep
// and to wake them.
absl::Duration TimeOfBareThreads(int batches) {
  std::barrier<> batch_end(kBatch);
  std::vector<std::jthread> threads;
  const absl::Time start = absl::Now();
  for (int i = 0; i < kBatch; ++i) {
    threads.emplace_back([&] {
      for (int batch = 0; batch < batches; ++batch) {
        std::this_thread::sleep_for(absl::ToChronoMilliseconds(kCall));
        batch_end.arrive_and_wait();
      }
    });
  }
  threads.clear();
  return absl::Now() - start;
}

absl::StatusOr<double> SecondsOf(const Rollout& rollout) {
  std::vector<double> seconds;
  for (int round = 0; round < rollout.rounds; ++round) {
    SLUICE_ASSIGN_OR_RETURN(const absl::Duration took, TimeOf(rollout));
    seconds.push_back(absl::ToDoubleSeconds(took));
  }
  return Median(seconds);
}

Row RowOf(const std::string& figure, double seconds, double limit) {
  return {.figure = figure,
          .measured = MillisText(absl::Seconds(seconds)),
          .limit = MillisText(absl::Seconds(limit)),
          .ratio = fmt::format("{:.3f}", seconds / limit)};
}

absl::StatusOr<Row> Measure(const Rollout& rollout, const std::string& figure) {
  SLUICE_ASSIGN_OR_RETURN(const double seconds, SecondsOf(rollout));
  return RowOf(figure, seconds, absl::ToDoubleSeconds(IdealOf(rollout)));
}

// The rollout with a goal, against its ideal and against threads that only sleep.
absl::StatusOr<std::vector<Row>> MeasureThousand() {
  const Rollout rollout{.targets = 1000, .rounds = kRounds};
  SLUICE_ASSIGN_OR_RETURN(const double seconds, SecondsOf(rollout));
  const double ideal = absl::ToDoubleSeconds(IdealOf(rollout));
  Row row = RowOf("Rolling deploy of 1,000 targets, 10 batches of 100, 50 ms each", seconds, ideal);
  row.goal = "≤ 1.05";
  row.met = seconds / ideal <= 1.05;
  std::vector<double> bare;
  for (int round = 0; round < kRounds; ++round) {
    bare.push_back(absl::ToDoubleSeconds(TimeOfBareThreads(rollout.targets / kBatch)));
  }
  return std::vector<Row>{
      row, RowOf("the same, against 100 threads that only sleep", seconds, Median(bare))};
}

}  // namespace

Rows MeasureRollout(const std::string& disk) {
  SLUICE_ASSIGN_OR_RETURN(std::vector<Row> rows, MeasureThousand());
  SLUICE_ASSIGN_OR_RETURN(
      const Row stored,
      Measure({.targets = 1000, .data_dir = disk + "/rollout-1000"}, "the same, on the disk"));
  SLUICE_ASSIGN_OR_RETURN(
      const Row large, Measure({.targets = 10'000},
                               "Rolling deploy of 10,000 targets, 100 batches of 100, 50 ms each"));
  SLUICE_ASSIGN_OR_RETURN(
      const Row large_stored,
      Measure({.targets = 10'000, .data_dir = disk + "/rollout-10000"}, "the same, on the disk"));
  rows.insert(rows.end(), {stored, large, large_stored});
  return rows;
}

}  // namespace sluice::bench
