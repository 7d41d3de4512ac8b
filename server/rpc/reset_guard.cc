// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "rpc/reset_guard.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/status_macros.h"
#include "base/violations.h"
#include "rpc/reset_limit.h"
#include "spdlog/spdlog.h"

namespace sluice {
namespace {

constexpr absl::Duration kInterval = absl::Milliseconds(100);
// After what is no accident, and after what may be one.
constexpr absl::Duration kBar = absl::Seconds(10);
constexpr absl::Duration kRest = absl::Seconds(1);
// Fewer calls leave nothing behind that matters.
constexpr int64_t kLeastCalls = 500;
// Of one connection. Cleared away in time they harm all the same: a thread of gRPC's does nothing
// else, which may be the one that accepts.
constexpr double kMostFailedInASecond = 2500;
constexpr absl::Duration kSpan = absl::Seconds(2);
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
  failed_now_.clear();
  for (HeldStreams& held : counts_.Read()) {
    const std::optional<ConnectionTable::State> state = table_.StateOf(held.peer);
    if (!state.has_value()) continue;
    failed_now_[held.peer] = held.failed;
    if (!state->ended && FailsTooFast(held, now)) CutOff(state->host, {held.peer});
    connections.push_back({std::move(held.peer), state->host, state->ended, held.count});
  }
  for (const auto& [host, culprits] : HostsBeyondTheResetLimit(connections)) {
    CutOff(host, culprits);
  }
  if (now - span_begin_ < kSpan) return;
  failed_.swap(failed_now_);
  span_begin_ = now;
}

bool ResetGuard::FailsTooFast(const HeldStreams& held, absl::Duration now) {
  const auto before = failed_.find(held.peer);
  const int64_t failed = held.failed - (before == failed_.end() ? 0 : before->second);
  const double seconds = absl::ToDoubleSeconds(std::max(now - span_begin_, kSpan));
  return static_cast<double>(failed) > kMostFailedInASecond * seconds;
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
