// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// What systemd and the daemon have to say to each other: how the daemon is doing (Type=notify), by
// one datagram to the socket that NOTIFY_SOCKET names; and the sockets that it is started with.

#ifndef SLUICE_APP_SYSTEMD_H_
#define SLUICE_APP_SYSTEMD_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/unique_fd.h"

namespace sluice {

// Thread-safe. Without a socket every call succeeds and does nothing.
class SystemdNotifier {
 public:
  // `socket` is a path, "@name" for an abstract one, or empty.
  explicit SystemdNotifier(std::string socket) : socket_(std::move(socket)) {}

  static SystemdNotifier FromEnvironment();

  // Whether there is a socket.
  bool is_heard() const { return !socket_.empty(); }

  // `status` is one line for `systemctl status`.
  absl::Status Ready(absl::string_view status) const;
  absl::Status Status(absl::string_view status) const;
  absl::Status Stopping(absl::string_view status) const;
  // The daemon is alive: to be said at least once in each WatchdogInterval.
  absl::Status Alive() const;

 private:
  absl::Status Send(const std::string& message) const;

  std::string socket_;
};

// How long systemd waits for a sign of life (WatchdogSec=); infinite when it does not.
absl::Duration WatchdogInterval();

// The listening sockets that systemd handed over (socket activation), closed on exec from now on.
// To be called once, before any thread starts.
std::vector<UniqueFd> InheritedSockets();

}  // namespace sluice

#endif  // SLUICE_APP_SYSTEMD_H_
