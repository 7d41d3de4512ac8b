// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Accepts connections for gRPC: one thread, which survives a lack of descriptors and keeps to the
// limits. A connection too many is closed at once, so that its caller learns it.

#ifndef SLUICE_RPC_ACCEPTOR_H_
#define SLUICE_RPC_ACCEPTOR_H_

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/thread.h"
#include "base/unique_fd.h"
#include "rpc/connection_table.h"
#include "rpc/listener.h"
#include "rpc/pulse.h"

namespace sluice {

class Acceptor {
 public:
  // Takes a connection that is in the table; the descriptor is its own from now on. On the
  // acceptor's thread.
  using HandOver = std::function<void(const Listener& listener, int fd)>;

  // Begins to accept. The table and the clock outlive it; `pulse` tells others whether it goes on.
  static absl::StatusOr<std::unique_ptr<Acceptor>> Start(std::vector<Listener> listeners,
                                                         ConnectionTable& table, const Clock& clock,
                                                         std::shared_ptr<Pulse> pulse,
                                                         HandOver hand_over);
  // Stops listening; connections that were handed over live on.
  ~Acceptor();

 private:
  Acceptor(std::vector<Listener> listeners, ConnectionTable& table, const Clock& clock,
           std::shared_ptr<Pulse> pulse, HandOver hand_over);

  void Run();
  // False when nothing can be accepted for now.
  bool AcceptAll(const Listener& listener);
  void Take(const Listener& listener, UniqueFd fd);
  bool Shed(const Listener& listener);
  void LogRefusal(const absl::Status& why);
  void OpenReserve();

  const std::vector<Listener> listeners_;
  ConnectionTable& table_;
  const Clock& clock_;
  const std::shared_ptr<Pulse> pulse_;
  const HandOver hand_over_;
  UniqueFd stop_;
  // Given up for a moment when there is no other descriptor, to accept a connection and close it.
  UniqueFd reserve_;
  absl::Duration next_log_;
  int unlogged_ = 0;
  std::optional<Thread> thread_;
};

}  // namespace sluice

#endif  // SLUICE_RPC_ACCEPTOR_H_
