// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Router that runs a configured command for each change, with what to do in SLUICE_ACTION.
// Thread-safe: its configuration never changes.

#ifndef SLUICE_DRIVERS_ROUTER_EXEC_ROUTER_H_
#define SLUICE_DRIVERS_ROUTER_EXEC_ROUTER_H_

#include <map>
#include <stop_token>
#include <string>

#include "absl/strings/string_view.h"
#include "base/subprocess.h"
#include "base/violations.h"
#include "drivers/shared/command.h"
#include "ports/traffic_router.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice {

class ExecRouter final : public TrafficRouter {
 public:
  static void Validate(absl::string_view field, const config::v1::ExecRouter& config,
                       Violations& violations);

  // `config` must hold Validate.
  explicit ExecRouter(const config::v1::ExecRouter& config);

  // An error's message ends with the last line of the command's output.
  absl::Status SetTraffic(const RouteCall& call, double percentage, std::stop_token stop) override;
  absl::Status Switch(const RouteCall& call, const std::string& slot,
                      std::stop_token stop) override;
  absl::Status SetFlag(const RouteCall& call, const std::string& flag, double percentage,
                       std::stop_token stop) override;
  absl::Duration MaxDuration() const override { return LongestRun(command_); }

 private:
  absl::Status Run(const RouteCall& call, std::map<std::string, std::string> action,
                   const std::stop_token& stop) const;

  const CommandOptions command_;
};

}  // namespace sluice

#endif  // SLUICE_DRIVERS_ROUTER_EXEC_ROUTER_H_
