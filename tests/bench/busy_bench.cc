// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// GetState by one caller while the daemon is at work, against the same while it is idle.

#include <fmt/format.h>

#include <thread>

#include "absl/time/clock.h"
#include "base/status_macros.h"
#include "bench/benchmarks.h"
#include "bench/engine.h"
#include "bench/load.h"

namespace sluice::bench {
namespace {

constexpr int kRounds = 5;
constexpr int kWatchers = 1000;
constexpr int kClients = 256;
constexpr char kGetState[] = "/sluice.v1.DeploymentService/GetState";
constexpr char kDeploy[] = "/sluice.v1.DeploymentService/Deploy";
constexpr char kWatchStates[] = "/sluice.v1.DeploymentService/WatchStates";

Row RowOf(std::string figure, const Pairs& pairs, bool has_goal) {
  const double ratio = MedianRatio(pairs);
  Row row{.figure = std::move(figure),
          .measured = MillisText(absl::Seconds(Median(pairs.measured))),
          .limit = MillisText(absl::Seconds(Median(pairs.limit))) + " idle",
          .ratio = fmt::format("{:.2f}", ratio)};
  if (!has_goal) return row;
  row.goal = "≤ 2";
  row.met = ratio <= 2;
  return row;
}

absl::StatusOr<double> P99(const std::string& address, const Load& load) {
  SLUICE_ASSIGN_OR_RETURN(const LoadResult result, RunLoad(address, load));
  return Quantile(result.seconds, 0.99);
}

class Busy {
 public:
  Busy(const std::string& socket, const std::string& data_dir)
      : address_("unix:" + socket),
        served_(socket, {.max_pending_deployments = 10'000'000}, data_dir) {}

  absl::Status Prepare() {
    SLUICE_ASSIGN_OR_RETURN(const SnapshotPtr accepted,
                            served_.engine().manager().Deploy(TwentySteps("checkout")));
    v1::GetStateRequest request;
    request.set_deployment_id(accepted->state().id());
    get_state_ = {.method = kGetState,
                  .request = [bytes = Encode(request)](int64_t) { return bytes; }};
    deploy_ = {.method = kDeploy,
               .request = [this](int64_t) { return Encode(FlagRequest(next_++)); },
               .in_flight = kClients};
    watch_.set_deployment_id(accepted->state().id());
    // Nobody sees it before.
    return served_.engine().registry().AwaitDurable();
  }

  absl::StatusOr<double> Idle() { return P99(address_, get_state_); }

  // Each of the clients deploys once a second.
  absl::StatusOr<double> WhileTheyDeploy() {
    StreamReaders watchers(address_, WatchersOptions());
    SLUICE_RETURN_IF_ERROR(watchers.Await(kWatchers));
    const SteadyCalls deploys(address_, deploy_, kClients);
    return P99(address_, get_state_);
  }

  // Each of the clients deploys again as soon as it has its answer.
  absl::StatusOr<double> WhileTheyDeployAllTheTime() {
    StreamReaders watchers(address_, WatchersOptions());
    SLUICE_RETURN_IF_ERROR(watchers.Await(kWatchers));
    Load longer = deploy_;
    longer.duration = get_state_.warm_up + get_state_.duration;
    std::thread deploys([&] { CallsPerSecond(address_, longer).IgnoreError(); });
    auto p99 = P99(address_, get_state_);
    deploys.join();
    return p99;
  }

 private:
  StreamReaders::Options WatchersOptions() const {
    return {.method = kWatchStates, .request = Encode(watch_), .streams = kWatchers};
  }

  const std::string address_;
  int64_t next_ = 0;
  Load get_state_;
  Load deploy_;
  v1::WatchStatesRequest watch_;
  ServedEngine served_;
};

}  // namespace

Rows MeasureBusy(const std::string& folder, const std::string& disk) {
  Busy busy(folder + "/busy", disk + "/busy");
  SLUICE_RETURN_IF_ERROR(busy.Prepare());
  Pairs steady;
  Pairs closed;
  for (int round = 0; round < kRounds; ++round) {
    SLUICE_ASSIGN_OR_RETURN(const double idle, busy.Idle());
    SLUICE_ASSIGN_OR_RETURN(const double while_steady, busy.WhileTheyDeploy());
    SLUICE_ASSIGN_OR_RETURN(const double while_closed, busy.WhileTheyDeployAllTheTime());
    steady.measured.push_back(while_steady);
    steady.limit.push_back(idle);
    closed.measured.push_back(while_closed);
    closed.limit.push_back(idle);
  }
  return std::vector<Row>{
      RowOf(
          "GetState p99 while 256 clients deploy once a second each, on the disk, and 1,000 watch",
          steady, true),
      // Clients, deployments and daemon share the processors.
      RowOf("the same, each deploying again at once", closed, false)};
}

}  // namespace sluice::bench
