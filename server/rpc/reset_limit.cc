// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "rpc/reset_limit.h"

#include <algorithm>
#include <utility>

namespace sluice {
namespace {

// What gRPC only has to clear away.
int64_t Leftovers(const ConnectionStreams& connection) {
  if (connection.ended) return connection.held;
  return std::max<int64_t>(connection.held - kMaxStreamsOfAConnection, 0);
}

}  // namespace

std::map<std::string, std::vector<std::string>> HostsBeyondTheResetLimit(
    const std::vector<ConnectionStreams>& connections) {
  std::map<std::string, int64_t> leftovers;
  for (const ConnectionStreams& each : connections) leftovers[each.host] += Leftovers(each);
  std::map<std::string, std::vector<std::string>> beyond;
  for (const ConnectionStreams& each : connections) {
    if (leftovers[each.host] <= kMostLeftBehindByAHost) continue;
    std::vector<std::string>& culprits = beyond[each.host];
    if (!each.ended && Leftovers(each) > 0) culprits.push_back(each.peer);
  }
  return beyond;
}

std::vector<std::string> FailureRates::Note(std::map<std::string, int64_t> failed,
                                            absl::Duration now) {
  const double most =
      kMostFailedInASecond * absl::ToDoubleSeconds(std::max(now - begin_, kFailureSpan));
  std::vector<std::string> too_fast;
  for (const auto& [peer, count] : failed) {
    const auto before = at_begin_.find(peer);
    const int64_t more = count - (before == at_begin_.end() ? 0 : before->second);
    if (static_cast<double>(more) > most) too_fast.push_back(peer);
  }
  if (now - begin_ >= kFailureSpan) {
    at_begin_ = std::move(failed);
    begin_ = now;
  }
  return too_fast;
}

}  // namespace sluice
