// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Tells systemd that the daemon lives, as long as it really does: it answers a call of its own, and
// what it writes reaches the disk. A daemon that only has threads is not alive.

#ifndef SLUICE_APP_WATCHDOG_H_
#define SLUICE_APP_WATCHDOG_H_

#include <memory>

#include "absl/status/statusor.h"
#include "app/daemon.h"
#include "app/systemd.h"
#include "app/ticker.h"

namespace sluice {

// Null when systemd waits for no sign of life. Both references outlive the watchdog.
absl::StatusOr<std::unique_ptr<Ticker>> StartWatchdog(const SystemdNotifier& systemd,
                                                      Daemon& daemon);

}  // namespace sluice

#endif  // SLUICE_APP_WATCHDOG_H_
