// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Keeps the line that `systemctl status` shows true: where the daemon listens, and how many
// deployments it has. Used by main, while the daemon serves.

#ifndef SLUICE_APP_STATUS_LINE_H_
#define SLUICE_APP_STATUS_LINE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "app/daemon.h"
#include "app/systemd.h"
#include "app/ticker.h"

namespace sluice {

// "serving on unix:/run/sluice/sluice.sock; 3 deployments active"
std::string StatusLine(const Daemon& daemon);

// Tells systemd whenever the line is another than the one before, at first `told`; looks once a
// second. Null when nobody listens. Both references outlive it.
absl::StatusOr<std::unique_ptr<Ticker>> StartStatusLine(const SystemdNotifier& systemd,
                                                        Daemon& daemon, std::string told);

}  // namespace sluice

#endif  // SLUICE_APP_STATUS_LINE_H_
