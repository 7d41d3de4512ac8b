// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Who is at the other end of each connection, and how many there are: in all, and of one peer. The
// acceptor adds, the gate asks, the reset guard cuts off. A connection's identity is kept here and
// not in gRPC's AuthContext, which adds up what every call of a connection puts there.

#ifndef SLUICE_RPC_CONNECTION_TABLE_H_
#define SLUICE_RPC_CONNECTION_TABLE_H_

#include <sys/types.h>

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "auth/principal.h"
#include "auth/user_names.h"
#include "base/clock.h"
#include "base/mutex.h"

namespace sluice {

struct ConnectionLimits {
  // An eighth of them is for Unix sockets alone, so that nobody locks an operator out over TCP.
  size_t total = 4096;
  size_t per_peer = 512;
};

// Thread-safe.
class ConnectionTable {
 public:
  // `name_of_user` may hang; callers are known by their ids as long as it does.
  ConnectionTable(const Clock& clock, const ConnectionLimits& limits,
                  UserNames::Lookup name_of_user = NameOfUser)
      : clock_(clock), limits_(limits), names_(clock, std::move(name_of_user)) {}

  // Takes the connection `fd`, which gRPC closes when it ends; `host` is what counts as one peer.
  // RESOURCE_EXHAUSTED names the limit that it would pass.
  absl::Status Add(int fd, const std::string& host, Principal principal);

  // Who is at the other end; nothing when it was never added. To be asked only during a call of
  // that connection: gRPC keeps the descriptor open until the last of its calls is over, so that
  // its number cannot be another one's by then.
  std::optional<Principal> Find(int fd) const;

  struct State {
    std::string host;
    bool ended = false;  // the other end has gone, or it was cut
  };
  // Of the connection that gRPC calls `peer` ("fd:17", "ipv4:127.0.0.1:50210"); nothing when it has
  // ended here too.
  std::optional<State> StateOf(const std::string& peer) const;

  // Ends the connection that gRPC calls `peer`, without what came over it and was not read yet.
  void Cut(const std::string& peer);
  // Nobody of `host` is let in for `duration`, at least. Who is in stays, but a connection whose
  // other end has gone is cut. Whether the host was let in before.
  bool Bar(const std::string& host, absl::Duration duration);

  // As of the last time that somebody counted.
  size_t size() const;

 private:
  struct Entry {
    ino_t inode;  // of the socket: tells whether the descriptor is still the same
    std::string host;
    std::string address;  // as PeerAddress has it
    std::shared_ptr<const Principal> principal;
  };

  absl::Status CheckLimits(const std::string& host, bool is_unix)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Forget(std::map<int, Entry>::iterator entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  static void CutEntry(const std::pair<const int, Entry>& entry);
  // -1 when it is not open any more.
  int DescriptorOf(const std::string& peer) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Forgets the connections that have ended, which nobody tells us.
  void Sweep() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Clock& clock_;
  const ConnectionLimits limits_;
  mutable UserNames names_;
  mutable Mutex mutex_;
  std::map<int, Entry> entries_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, size_t> of_host_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, int> by_address_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, absl::Duration> barred_ ABSL_GUARDED_BY(mutex_);  // until when
  absl::Duration next_sweep_ ABSL_GUARDED_BY(mutex_);
};

// `limits` as far as the process may open descriptors at all, with some left for its other work.
ConnectionLimits WithinDescriptors(const ConnectionLimits& limits);

}  // namespace sluice

#endif  // SLUICE_RPC_CONNECTION_TABLE_H_
