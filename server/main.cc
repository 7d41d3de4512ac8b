// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// sluiced: flags → configuration → Daemon → wait for a signal → drain.

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <utility>
#include <vector>

#include "absl/strings/str_split.h"
#include "app/config.h"
#include "app/daemon.h"
#include "app/flags.h"
#include "app/log.h"
#include "app/signals.h"
#include "app/status_line.h"
#include "app/surroundings.h"
#include "app/systemd.h"
#include "app/version.h"
#include "app/watchdog.h"
#include "base/clock.h"
#include "base/descriptor_limit.h"
#include "base/failpoint.h"
#include "base/futex_table.h"
#include "base/standard_descriptors.h"
#include "base/violations.h"
#include "spdlog/spdlog.h"

namespace sluice {
namespace {

[[gnu::section(".preinit_array"), gnu::used]] void (*keep_standard_numbers)() = KeepStandardNumbers;

void LogIfFailed(const absl::Status& notified) {
  if (!notified.ok()) {
    spdlog::warn("event=notify_failed message=\"{}\"", std::string(notified.message()));
  }
}

absl::StatusOr<config::v1::Config> Load(const Flags& flags, Purpose purpose) {
  if (flags.check_text) return LoadConfig(flags.config_file, flags.config);
  return LoadConfig(flags.config_file, flags.config, [purpose](const config::v1::Config& config) {
    return CheckSurroundings(config, purpose, RealClock());
  });
}

// Says why nothing is started. What may be good the next time, or for the user that the daemon runs
// as, is no fault of the configuration.
int Refuse(const absl::Status& refused, bool is_check) {
  std::fprintf(stderr, "%s\n", std::string(refused.message()).c_str());
  if (is_check && absl::IsPermissionDenied(refused)) {
    std::fprintf(stderr,
                 "sluiced: user %u may not look at all that is needed; check as the user that "
                 "sluiced runs as\n",
                 geteuid());
    return EXIT_FAILURE;
  }
  return absl::IsUnavailable(refused) ? EXIT_FAILURE : kExitConfig;
}

void Reload(const Flags& flags, Daemon& daemon) {
  const absl::StatusOr<config::v1::Config> config = Load(flags, Purpose::kReload);
  const absl::Status status = config.ok() ? daemon.Reload(*config) : config.status();
  if (status.ok()) {
    spdlog::info("event=reloaded services={}", config->services_size());
    return;
  }
  spdlog::error(
      "event=reload_refused message=\"nothing was taken: services and grants stay as they were\"");
  for (const absl::string_view problem : absl::StrSplit(status.message(), '\n')) {
    spdlog::error("event=reload_problem message={}", Quoted(problem, problem.size()));
  }
}

// A drain that takes too long, or a second signal: nothing is waited for but the death of commands.
[[noreturn]] void CutOff(Daemon& daemon) {
  ExitAtNextSignal();
  daemon.CutOff();
  FlushLog();
  _exit(EXIT_FAILURE);
}

int Run(int argc, char** argv) {
  const ParsedFlags parsed = ParseFlags(argc, argv);
  if (parsed.exit_code.has_value()) return *parsed.exit_code;
  const Flags& flags = parsed.flags;
  const char* const failpoints = std::getenv(kFailpointsVariable);
  if (const absl::Status status = ArmFailpoints(failpoints == nullptr ? "" : failpoints);
      !status.ok()) {
    std::fprintf(stderr, "sluiced: %s: %s\n", kFailpointsVariable,
                 std::string(status.message()).c_str());
    return kExitConfig;
  }
  if (!flags.check) BlockSignals();
  WidenFutexTable();
  RaiseDescriptorLimit();
  const absl::StatusOr<config::v1::Config> config =
      Load(flags, flags.check ? Purpose::kCheck : Purpose::kStart);
  if (!config.ok()) return Refuse(config.status(), flags.check);
  if (flags.check) {
    const int services = config->services_size();
    std::printf("%s: good, %d service%s\n", flags.config_file->c_str(), services,
                services == 1 ? "" : "s");
    return EXIT_SUCCESS;
  }
  std::vector<UniqueFd> inherited = InheritedSockets();
  StartLog(config->log_level());
  absl::StatusOr<std::unique_ptr<Daemon>> daemon = Daemon::Start(*config, std::move(inherited));
  if (!daemon.ok()) {
    std::fprintf(stderr, "sluiced: %s\n", std::string(daemon.status().message()).c_str());
    return EXIT_FAILURE;
  }
  spdlog::info("event=started version={} listen=\"{}\" services={} durability={}", kVersion,
               (*daemon)->Addresses(), config->services_size(), (*daemon)->Durability());
  const SystemdNotifier systemd = SystemdNotifier::FromEnvironment();
  const std::string status = StatusLine(**daemon);
  LogIfFailed(systemd.Ready(status));
  const absl::StatusOr<std::unique_ptr<Ticker>> watchdog = StartWatchdog(systemd, **daemon);
  LogIfFailed(watchdog.status());
  absl::StatusOr<std::unique_ptr<Ticker>> status_line = StartStatusLine(systemd, **daemon, status);
  LogIfFailed(status_line.status());
  while (AwaitSignal() == SIGHUP) Reload(flags, **daemon);
  status_line = nullptr;
  LogIfFailed(systemd.Stopping("draining"));
  if (!RunUntilSignal([&] { (*daemon)->Drain(); }, (*daemon)->DrainLimit())) CutOff(**daemon);
  if (!FlushLog()) _exit(EXIT_SUCCESS);
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace sluice

int main(int argc, char** argv) {
  try {
    return sluice::Run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "sluiced: %s\n", error.what());
    return EXIT_FAILURE;
  }
}
