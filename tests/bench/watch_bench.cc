// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// A change of a record on its way to 1,000 watchers, against a server that writes as many messages
// of the same size as fast as it can.

#include <fmt/format.h>

#include "absl/time/clock.h"
#include "base/status_macros.h"
#include "bench/benchmarks.h"
#include "bench/engine.h"
#include "bench/load.h"
#include "bench/null_server.h"

namespace sluice::bench {
namespace {

constexpr int kRounds = 21;
constexpr int kWatchers = 1000;
constexpr int kFloodMessages = 20;
constexpr char kWatchStates[] = "/sluice.v1.DeploymentService/WatchStates";

StreamReaders::Options Watchers(const std::string& deployment_id) {
  v1::WatchStatesRequest request;
  request.set_deployment_id(deployment_id);
  return {.method = kWatchStates, .request = Encode(request), .streams = kWatchers};
}

// Calls `begin` and returns the time until `messages` have come.
template <typename Function>
absl::StatusOr<double> SecondsUntil(StreamReaders& readers, int64_t messages, Function begin) {
  const absl::Time start = absl::Now();
  begin();
  SLUICE_RETURN_IF_ERROR(readers.Await(messages));
  return absl::ToDoubleSeconds(absl::Now() - start);
}

void ChangeOnce(Registry& registry, const std::string& id, int round) {
  registry
      .Update(id,
              [&](v1::DeploymentState& state) {
                state.set_message(fmt::format("change {:06}", round));
                return absl::OkStatus();
              })
      .IgnoreError();
}

Row RowOf(std::string figure, const std::string& limit_name, const Pairs& pairs) {
  const double ratio = MedianRatio(pairs);
  return {.figure = std::move(figure),
          .measured = MillisText(absl::Seconds(Median(pairs.measured))),
          .limit = MillisText(absl::Seconds(Median(pairs.limit))) + limit_name,
          .ratio = fmt::format("{:.2f}", ratio),
          .goal = "≤ 2",
          .met = ratio <= 2};
}

}  // namespace

Rows MeasureWatch(const std::string& folder) {
  const std::string socket = folder + "/watch";
  const std::string null_socket = folder + "/null-watch";
  ServedEngine served(socket, EngineLimits());
  SLUICE_ASSIGN_OR_RETURN(const SnapshotPtr accepted,
                          served.engine().manager().Deploy(TwentySteps("checkout")));
  const std::string id = accepted->state().id();
  // Until it waits, the deployment changes by itself.
  absl::SleepFor(absl::Milliseconds(500));
  v1::WatchStatesResponse message;
  *message.mutable_state() = accepted->state();
  NullServer null_server(null_socket, Encode(message));
  StreamReaders watchers("unix:" + socket, Watchers(id));
  StreamReaders null_watchers("unix:" + null_socket, Watchers(id));
  SLUICE_RETURN_IF_ERROR(watchers.Await(kWatchers));
  SLUICE_RETURN_IF_ERROR(null_watchers.Await(kWatchers));

  Pairs flood;
  Pairs one_each;
  for (int round = 0; round < kRounds; ++round) {
    SLUICE_ASSIGN_OR_RETURN(const double flooded,
                            SecondsUntil(null_watchers, kWatchers * kFloodMessages,
                                         [&] { null_server.Send(kFloodMessages); }));
    SLUICE_ASSIGN_OR_RETURN(const double raw,
                            SecondsUntil(null_watchers, kWatchers, [&] { null_server.Send(1); }));
    SLUICE_ASSIGN_OR_RETURN(const double measured, SecondsUntil(watchers, kWatchers, [&] {
                              ChangeOnce(served.engine().registry(), id, round);
                            }));
    flood.measured.push_back(measured);
    flood.limit.push_back(flooded / kFloodMessages);
    one_each.measured.push_back(measured);
    one_each.limit.push_back(raw);
  }
  return std::vector<Row>{
      RowOf("WatchStates, a change until the last of 1,000 watchers", " at the flood rate", flood),
      RowOf("the same", ", 1,000 raw writes", one_each)};
}

}  // namespace sluice::bench
