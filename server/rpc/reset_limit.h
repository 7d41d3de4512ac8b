// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Tells a caller who opens calls and takes them back faster than gRPC can clear them away (HTTP/2's
// "rapid reset") from one who merely has many calls. Used by the reset guard. Pure.

#ifndef SLUICE_RPC_RESET_LIMIT_H_
#define SLUICE_RPC_RESET_LIMIT_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace sluice {

// What a connection may have open at a time. What gRPC holds beyond it, it only has to clear away.
inline constexpr int kMaxStreamsOfAConnection = 1000;
// So many one host may leave behind: what a small machine clears away in a second, at 20 KiB each.
// The calls of everybody wait for it.
inline constexpr int64_t kMostLeftBehindByAHost = 4000;

struct ConnectionStreams {
  std::string peer;
  std::string host;    // what counts as one caller
  bool ended = false;  // the other end has gone
  int64_t held = 0;    // streams that gRPC holds of it
};

// The hosts that leave too much behind, each with the connections to be cut: those that have taken
// back more than they may have open. A host without one merely has connections that ended with all
// their calls, as those of clients that were killed do.
std::map<std::string, std::vector<std::string>> HostsBeyondTheResetLimit(
    const std::vector<ConnectionStreams>& connections);

// Of one connection. Cleared away in time they harm all the same: a thread of gRPC's does nothing
// else, which may be the one that accepts.
inline constexpr double kMostFailedInASecond = 2500;
inline constexpr absl::Duration kFailureSpan = absl::Seconds(2);

// Which connections fail more of their streams than a client has reason to, over kFailureSpan or,
// where nobody looked for longer, since the last look. For one thread.
class FailureRates {
 public:
  // How many streams of each connection, by its peer, have failed since it was made. Returns the
  // peers that are too fast. `now` never goes back.
  std::vector<std::string> Note(std::map<std::string, int64_t> failed, absl::Duration now);

 private:
  std::map<std::string, int64_t> at_begin_;  // of the span
  absl::Duration begin_ = -absl::InfiniteDuration();
};

}  // namespace sluice

#endif  // SLUICE_RPC_RESET_LIMIT_H_
