// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "app/status_line.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace sluice {
namespace {

constexpr absl::Duration kInterval = absl::Seconds(1);

}  // namespace

std::string StatusLine(const Daemon& daemon) {
  const size_t active = daemon.ActiveDeployments();
  return absl::StrCat("serving on ", daemon.Addresses(), "; ", active, " deployment",
                      active == 1 ? "" : "s", " active");
}

absl::StatusOr<std::unique_ptr<Ticker>> StartStatusLine(const SystemdNotifier& systemd,
                                                        Daemon& daemon, std::string told) {
  if (!systemd.is_heard()) return nullptr;
  const auto tell = [&systemd, &daemon, told = std::move(told)]() mutable {
    std::string line = StatusLine(daemon);
    // What could not be said is said again; that READY or STOPPING fails is logged.
    if (line != told && systemd.Status(line).ok()) told = std::move(line);
  };
  return Ticker::Start("status-line", kInterval, daemon.clock(), tell);
}

}  // namespace sluice
