// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "rpc/reset_limit.h"

#include <algorithm>

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

}  // namespace sluice
