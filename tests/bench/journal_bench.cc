// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Deploy with records on the disk. Nothing can be acknowledged faster than the disk syncs: a loop
// that does nothing but write and sync is the limit of one client, and as many clients as there are
// share each sync, until calls themselves are the limit. An audit trail is synced before the change
// is made and before it is answered.

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "absl/time/clock.h"
#include "base/status_macros.h"
#include "base/unique_fd.h"
#include "bench/benchmarks.h"
#include "bench/engine.h"
#include "bench/load.h"
#include "bench/null_server.h"
#include "bench/syncing_server.h"

namespace sluice::bench {
namespace {

constexpr int kRounds = 5;
constexpr int kInFlight[] = {1, 16, 256};
constexpr absl::Duration kSyncTime = absl::Milliseconds(500);
constexpr EngineLimits kAllWait = {.max_active_deployments = 1,
                                   .max_pending_deployments = 10'000'000};
constexpr double kOneClientMore = 100e-6;
constexpr char kDeploy[] = "/sluice.v1.DeploymentService/Deploy";

// The median of what it takes to append `bytes` to a file and sync it.
absl::StatusOr<double> SecondsOfSync(const std::string& file, size_t bytes) {
  const UniqueFd fd(open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  const std::string data(bytes, 'x');
  std::vector<double> seconds;
  const absl::Time end = absl::Now() + kSyncTime;
  while (absl::Now() < end) {
    const absl::Time begin = absl::Now();
    if (write(fd.get(), data.data(), bytes) < 0 || fdatasync(fd.get()) != 0) {
      return absl::InternalError("the disk cannot be written");
    }
    seconds.push_back(absl::ToDoubleSeconds(absl::Now() - begin));
  }
  return Median(seconds);
}

// One round, the three beside each other.
struct Round {
  double sync = 0;       // seconds
  double null_rate = 0;  // per second
  double rate = 0;       // per second
  double latency = 0;    // seconds, the median
  // Of one client: seconds, the median, without a call; and by a server that only syncs.
  double accept = 0;
  double synced_call = 0;
  LoadResult audited;  // the same with an audit trail
  double bound(int clients) const { return std::min(null_rate, clients / sync); }
};

absl::StatusOr<LoadResult> RunDeploys(const std::string& socket, const std::string& data_dir,
                                      const std::string& audit_file, const Load& load) {
  ServedEngine served(socket, kAllWait, data_dir, audit_file);
  SLUICE_RETURN_IF_ERROR(served.engine().manager().Deploy(TwentySteps("holder")).status());
  return RunLoad("unix:" + socket, load);
}

// The median of a Deploy by the engine alone, until its record is on the disk.
absl::StatusOr<double> SecondsOfAccept(const std::string& data_dir) {
  Engine engine(kAllWait, NonePorts(), data_dir);
  SLUICE_RETURN_IF_ERROR(engine.manager().Deploy(TwentySteps("holder")).status());
  std::vector<double> seconds;
  const absl::Time end = absl::Now() + kSyncTime;
  for (int64_t n = 0; absl::Now() < end; ++n) {
    const v1::DeployRequest request = FlagRequest(n);
    const absl::Time begin = absl::Now();
    SLUICE_RETURN_IF_ERROR(engine.manager().Deploy(request).status());
    SLUICE_RETURN_IF_ERROR(engine.registry().AwaitDurable());
    seconds.push_back(absl::ToDoubleSeconds(absl::Now() - begin));
  }
  return Median(seconds);
}

double MedianOf(const std::vector<Round>& rounds, double (*figure)(const Round&)) {
  std::vector<double> values;
  for (const Round& round : rounds) values.push_back(figure(round));
  return Median(values);
}

// A latency as what it takes more than its limit.
struct Latency {
  std::string figure;
  double (*seconds)(const Round&);
  std::string limit;
  double (*limit_seconds)(const Round&);
};

Row RowOf(const Latency& latency, const std::vector<Round>& rounds) {
  std::vector<double> more;
  for (const Round& round : rounds) {
    more.push_back(latency.seconds(round) - latency.limit_seconds(round));
  }
  const auto text = [&rounds](double (*seconds)(const Round&)) {
    return MillisText(absl::Seconds(MedianOf(rounds, seconds)));
  };
  return {.figure = latency.figure,
          .measured = text(latency.seconds),
          .limit = fmt::format("{} {}", text(latency.limit_seconds), latency.limit),
          .ratio = fmt::format("{:+.2f} ms", Median(more) * 1e3),
          .goal = "≤ +0.10 ms",
          .met = Median(more) <= kOneClientMore};
}

// As a client sees it, against the disk alone and against a server that does nothing else; and
// without the call.
std::vector<Row> RowsOfOne(const std::vector<Round>& rounds) {
  const auto sync = [](const Round& round) { return round.sync; };
  const auto deploy = [](const Round& round) { return round.latency; };
  const auto synced = [](const Round& round) { return round.synced_call; };
  const auto accept = [](const Round& round) { return round.accept; };
  return {
      RowOf({"Deploy on the disk, 1 in flight, median latency", deploy, "write + fdatasync", sync},
            rounds),
      RowOf({"the same, against gRPC and the disk", deploy,
             "by a gRPC server that only writes, syncs and answers", synced},
            rounds),
      RowOf({"the same by the engine, without a call", accept, "write + fdatasync", sync}, rounds)};
}

Row RowOfMany(int clients, const std::vector<Round>& rounds) {
  Pairs pairs;
  for (const Round& round : rounds) {
    pairs.measured.push_back(round.rate);
    pairs.limit.push_back(round.bound(clients));
  }
  Row row{.figure = fmt::format("Deploy on the disk, {} in flight", clients),
          .measured = RateText(Median(pairs.measured)),
          .limit = RateText(Median(pairs.limit)) + " null RPC, or clients / fdatasync",
          .ratio = fmt::format("{:.2f}", MedianRatio(pairs))};
  if (clients != 256) return row;
  row.goal = "≥ 0.5";
  row.met = MedianRatio(pairs) >= 0.5;
  return row;
}

Row AuditedRow(int clients, const std::vector<Round>& rounds) {
  Pairs pairs;
  for (const Round& round : rounds) {
    const bool is_one = clients == 1;
    pairs.measured.push_back(is_one ? Median(round.audited.seconds)
                                    : round.audited.calls_per_second);
    pairs.limit.push_back(is_one ? round.latency : round.rate);
  }
  const auto text = [clients](double value) {
    return clients == 1 ? MillisText(absl::Seconds(value)) : RateText(value);
  };
  return {.figure = fmt::format("the same with an audit trail, {} in flight", clients),
          .measured = text(Median(pairs.measured)),
          .limit = text(Median(pairs.limit)) + " without",
          .ratio = fmt::format("{:.2f}", MedianRatio(pairs))};
}

absl::StatusOr<grpc::ByteBuffer> DeployResponse() {
  Engine engine(EngineLimits(), NonePorts());
  SLUICE_ASSIGN_OR_RETURN(const SnapshotPtr accepted, engine.manager().Deploy(FlagRequest(0)));
  return Encode(accepted->state());
}

}  // namespace

Rows MeasureJournal(const std::string& folder, const std::string& disk) {
  SLUICE_ASSIGN_OR_RETURN(const grpc::ByteBuffer response, DeployResponse());
  const NullServer null_server(folder + "/null-journal", response);
  Load load{.method = kDeploy, .request = [](int64_t n) { return Encode(FlagRequest(n)); }};
  std::vector<Row> rows;
  for (const int clients : kInFlight) {
    load.in_flight = clients;
    std::vector<Round> rounds(kRounds);
    for (int i = 0; i < kRounds; ++i) {
      Round& round = rounds[static_cast<size_t>(i)];
      SLUICE_ASSIGN_OR_RETURN(round.sync, SecondsOfSync(disk + "/sync", response.Length()));
      SLUICE_ASSIGN_OR_RETURN(round.null_rate,
                              CallsPerSecond("unix:" + folder + "/null-journal", load));
      const std::string data_dir = fmt::format("{}/journal-{}-{}", disk, clients, i);
      SLUICE_ASSIGN_OR_RETURN(const LoadResult result,
                              RunDeploys(folder + "/journal", data_dir, "", load));
      round.rate = result.calls_per_second;
      round.latency = Median(result.seconds);
      if (clients == 1) {
        SLUICE_ASSIGN_OR_RETURN(round.accept, SecondsOfAccept(data_dir + "-engine"));
        const SyncingServer server(folder + "/syncing", response, disk + "/syncing");
        SLUICE_ASSIGN_OR_RETURN(const LoadResult synced,
                                RunLoad("unix:" + folder + "/syncing", load));
        round.synced_call = Median(synced.seconds);
      }
      SLUICE_ASSIGN_OR_RETURN(round.audited, RunDeploys(folder + "/audited", data_dir + "-audited",
                                                        data_dir + "-audit.jsonl", load));
    }
    const std::vector<Row> of_clients =
        clients == 1 ? RowsOfOne(rounds) : std::vector<Row>{RowOfMany(clients, rounds)};
    rows.insert(rows.end(), of_clients.begin(), of_clients.end());
    rows.push_back(AuditedRow(clients, rounds));
  }
  return rows;
}

}  // namespace sluice::bench
