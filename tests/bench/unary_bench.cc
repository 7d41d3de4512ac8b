// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The two unary calls that matter, against a server of the same kind that only answers.

#include <fmt/format.h>

#include <optional>

#include "base/status_macros.h"
#include "bench/benchmarks.h"
#include "bench/engine.h"
#include "bench/load.h"
#include "bench/null_server.h"

namespace sluice::bench {
namespace {

// Many short rounds: what else the machine does changes within seconds, and concerns both of a pair
// alike only when they are close.
constexpr int kRounds = 25;
constexpr absl::Duration kRound = absl::Milliseconds(250);
constexpr int kInFlight[] = {1, 8, 64};
constexpr char kGetState[] = "/sluice.v1.DeploymentService/GetState";
constexpr char kDeploy[] = "/sluice.v1.DeploymentService/Deploy";

Row RowOf(std::string figure, const Pairs& pairs, std::optional<double> goal) {
  const double ratio = MedianRatio(pairs);
  Row row{.figure = std::move(figure),
          .measured = RateText(Median(pairs.measured)),
          .limit = RateText(Median(pairs.limit)) + " null RPC",
          .ratio = fmt::format("{:.2f}", ratio)};
  if (goal.has_value()) {
    row.goal = fmt::format("≥ {:.1f}", *goal);
    row.met = ratio >= *goal;
  }
  return row;
}

// Every accepted deployment may wait or run.
EngineLimits RoomForAll() { return {.max_pending_deployments = 10'000'000}; }

// Whether what is accepted also runs at once, beside the calls, or waits behind another.
enum class Accepted { kRun, kWait };

// A new engine for each round, so that no round finds the records of another.
absl::StatusOr<double> DeploysPerSecond(const std::string& socket, const Load& load,
                                        Accepted accepted) {
  EngineLimits limits = RoomForAll();
  if (accepted == Accepted::kWait) limits.max_active_deployments = 1;
  ServedEngine served(socket, limits);
  if (accepted == Accepted::kWait) {
    SLUICE_RETURN_IF_ERROR(served.engine().manager().Deploy(TwentySteps("holder")).status());
  }
  return CallsPerSecond("unix:" + socket, load);
}

absl::StatusOr<grpc::ByteBuffer> DeployResponse() {
  Engine engine(EngineLimits(), NonePorts());
  SLUICE_ASSIGN_OR_RETURN(const SnapshotPtr accepted, engine.manager().Deploy(FlagRequest(0)));
  return Encode(accepted->state());
}

Rows MeasureDeploys(const std::string& folder, const std::string& figure, Accepted accepted) {
  const std::string socket = folder + "/deploy";
  const std::string null_socket = folder + "/null-deploy";
  SLUICE_ASSIGN_OR_RETURN(const grpc::ByteBuffer response, DeployResponse());
  const NullServer null_server(null_socket, response);
  Load load{.method = kDeploy,
            .request = [](int64_t n) { return Encode(FlagRequest(n)); },
            .duration = kRound};
  std::vector<Row> rows;
  for (const int in_flight : kInFlight) {
    load.in_flight = in_flight;
    Pairs pairs;
    for (int round = 0; round < kRounds; ++round) {
      SLUICE_ASSIGN_OR_RETURN(const double limit, CallsPerSecond("unix:" + null_socket, load));
      SLUICE_ASSIGN_OR_RETURN(const double measured, DeploysPerSecond(socket, load, accepted));
      pairs.limit.push_back(limit);
      pairs.measured.push_back(measured);
    }
    // What runs beside the calls takes its share of the same processors: no goal for that.
    rows.push_back(RowOf(fmt::format("{}, {} in flight", figure, in_flight), pairs,
                         accepted == Accepted::kWait ? std::optional<double>(0.7) : std::nullopt));
  }
  return rows;
}

}  // namespace

v1::DeployRequest FlagRequest(int64_t n) {
  v1::DeployRequest request;
  request.set_service(fmt::format("service-{:07}", n));
  request.set_version("2.4.1");
  request.mutable_strategy()->mutable_feature_flag_strategy()->set_initial_rollout(5);
  return request;
}

Rows MeasureGetState(const std::string& folder) {
  const std::string socket = folder + "/get-state";
  const std::string null_socket = folder + "/null-get-state";
  ServedEngine served(socket, EngineLimits());
  SLUICE_ASSIGN_OR_RETURN(const SnapshotPtr accepted,
                          served.engine().manager().Deploy(TwentySteps("checkout")));
  const NullServer null_server(null_socket, Encode(accepted->state()));
  v1::GetStateRequest request;
  request.set_deployment_id(accepted->state().id());
  Load load{.method = kGetState,
            .request = [bytes = Encode(request)](int64_t) { return bytes; },
            .duration = kRound};
  std::vector<Row> rows;
  for (const int in_flight : kInFlight) {
    load.in_flight = in_flight;
    Pairs pairs;
    for (int round = 0; round < kRounds; ++round) {
      SLUICE_ASSIGN_OR_RETURN(const double limit, CallsPerSecond("unix:" + null_socket, load));
      SLUICE_ASSIGN_OR_RETURN(const double measured, CallsPerSecond("unix:" + socket, load));
      pairs.limit.push_back(limit);
      pairs.measured.push_back(measured);
    }
    rows.push_back(RowOf(fmt::format("GetState, 20 steps, {} in flight", in_flight), pairs, 0.9));
  }
  return rows;
}

Rows MeasureDeploy(const std::string& folder) {
  SLUICE_ASSIGN_OR_RETURN(std::vector<Row> rows,
                          MeasureDeploys(folder, "Deploy, accepted", Accepted::kWait));
  SLUICE_ASSIGN_OR_RETURN(const std::vector<Row> more,
                          MeasureDeploys(folder, "Deploy, accepted and run", Accepted::kRun));
  rows.insert(rows.end(), more.begin(), more.end());
  return rows;
}

}  // namespace sluice::bench
