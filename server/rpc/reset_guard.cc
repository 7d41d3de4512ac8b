// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "rpc/reset_guard.h"

#include <map>
#include <utility>

#include "base/status_macros.h"
#include "base/violations.h"
#include "spdlog/spdlog.h"

namespace sluice {
namespace {

constexpr absl::Duration kInterval = absl::Milliseconds(100);
// After what is no accident, and after what may be one.
constexpr absl::Duration kBar = absl::Seconds(10);
constexpr absl::Duration kRest = absl::Seconds(1);
// Fewer calls leave nothing behind that matters.
constexpr int64_t kLeastCalls = 500;
// To read of one takes some 30 µs, and with thousands of them nobody must notice.
constexpr absl::Duration kRestForEachConnection = absl::Microseconds(500);

}  // namespace

absl::StatusOr<std::unique_ptr<ResetGuard>> ResetGuard::Start(ConnectionTable& table,
                                                              Clock& clock) {
  std::unique_ptr<ResetGuard> guard(new ResetGuard(table, clock));
  const auto run = [self = guard.get()] {
    while (SleepFor(self->clock_, kInterval, self->stop_.get_token())) self->Look();
  };
  SLUICE_ASSIGN_OR_RETURN(guard->thread_, Thread::Start(clock, "reset guard", run));
  return guard;
}

ResetGuard::~ResetGuard() {
  stop_.request_stop();
  if (thread_.has_value()) thread_->Join();
}

void ResetGuard::Look() {
  counts_.Refresh();
  const absl::Duration now = clock_.Monotonic();
  if (counts_.BegunSinceRead() < kLeastCalls || now < next_read_) return;
  next_read_ = now + kRestForEachConnection * counts_.connections();
  std::vector<ConnectionStreams> connections;
  std::map<std::string, int64_t> failed;
  std::map<std::string, std::string> host_of;
  for (HeldStreams& held : counts_.Read()) {
    const std::optional<ConnectionTable::State> state = table_.StateOf(held.peer);
    if (!state.has_value()) continue;
    if (!state->ended) failed[held.peer] = held.failed;
    host_of[held.peer] = state->host;
    connections.push_back({std::move(held.peer), state->host, state->ended, held.count});
  }
  for (const std::string& peer : failure_rates_.Note(std::move(failed), now)) {
    CutOff(host_of[peer], {peer});
  }
  for (const auto& [host, culprits] : HostsBeyondTheResetLimit(connections)) {
    CutOff(host, culprits);
  }
}

// A host without a culprit waits until all is cleared away, no longer.
void ResetGuard::CutOff(const std::string& host, const std::vector<std::string>& culprits) {
  const absl::Duration bar = culprits.empty() ? kRest : kBar;
  const bool is_new = table_.Bar(host, bar);
  for (const std::string& peer : culprits) table_.Cut(peer);
  if (culprits.empty() && !is_new) return;
  spdlog::warn("event=connections_cut host={} count={} barred={} reason={}", Quoted(host),
               culprits.size(), absl::FormatDuration(bar),
               Quoted("it leaves calls behind faster than they can be cleared away"));
}

}  // namespace sluice
