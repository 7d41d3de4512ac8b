// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// How many streams gRPC holds of each connection: also those that their caller has taken back, of
// which no handler ever learns, until gRPC has cleared them away. Read from gRPC's own statistics
// (channelz), which it keeps anyway. Used by the reset guard.

#ifndef SLUICE_RPC_STREAM_COUNTS_H_
#define SLUICE_RPC_STREAM_COUNTS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace sluice {

struct HeldStreams {
  std::string peer;  // as ServerContext::peer() has it: "fd:17", "ipv4:127.0.0.1:50210"
  int64_t count = 0;
  int64_t failed = 0;  // how many were taken back, or failed, and are cleared away
};

// From gRPC's description of a socket, in JSON. Nothing when it is none of a transport.
std::optional<HeldStreams> ParseSocket(absl::string_view json);

// Of all servers in the process. For one thread.
class StreamCounts {
 public:
  // Learns of new connections, and how many calls there were. Cheap; to be called often.
  void Refresh();
  // Calls that have begun between the last Read and the last Refresh.
  int64_t BegunSinceRead() const { return begun_ - read_at_; }
  // How many Read looks at; more than there are when some have ended since.
  size_t connections() const { return sockets_.size(); }
  // Of each connection that has had any. Takes some 30 µs for each.
  std::vector<HeldStreams> Read();

 private:
  void FindSockets(int64_t end);

  int64_t next_ = 1;           // the first of gRPC's numbers that was not looked at
  std::set<int64_t> sockets_;  // the numbers of those that lived when they were looked at last
  size_t most_sockets_ = 64;   // when to forget those that have ended
  int64_t begun_ = 0;
  int64_t read_at_ = 0;
};

}  // namespace sluice

#endif  // SLUICE_RPC_STREAM_COUNTS_H_
