// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Tells systemd how the daemon is doing (Type=notify): one datagram to the socket that
// NOTIFY_SOCKET names. Used by the daemon's start and drain.

#ifndef SLUICE_APP_SYSTEMD_H_
#define SLUICE_APP_SYSTEMD_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace sluice {

// Thread-safe. Without a socket every call succeeds and does nothing.
class SystemdNotifier {
 public:
  // `socket` is a path, "@name" for an abstract one, or empty.
  explicit SystemdNotifier(std::string socket) : socket_(std::move(socket)) {}

  static SystemdNotifier FromEnvironment();

  // `status` is one line for `systemctl status`.
  absl::Status Ready(absl::string_view status) const;
  absl::Status Status(absl::string_view status) const;
  absl::Status Stopping(absl::string_view status) const;

 private:
  absl::Status Send(const std::string& message) const;

  std::string socket_;
};

}  // namespace sluice

#endif  // SLUICE_APP_SYSTEMD_H_
