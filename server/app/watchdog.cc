// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "app/watchdog.h"

#include "base/violations.h"
#include "spdlog/spdlog.h"

namespace sluice {

absl::StatusOr<std::unique_ptr<Ticker>> StartWatchdog(const SystemdNotifier& systemd,
                                                      Daemon& daemon) {
  const absl::Duration interval = WatchdogInterval();
  if (interval == absl::InfiniteDuration()) return nullptr;
  const auto look = [&systemd, &daemon, interval] {
    const absl::Status alive = daemon.CheckAlive(interval / 2);
    if (!alive.ok()) spdlog::error("event=not_alive message={}", Quoted(alive.message()));
    if (alive.ok()) systemd.Alive().IgnoreError();
  };
  return Ticker::Start("watchdog", interval / 3, daemon.clock(), look);
}

}  // namespace sluice
