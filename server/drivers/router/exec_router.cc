// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/router/exec_router.h"

#include "absl/strings/str_cat.h"
#include "drivers/shared/config_checks.h"

namespace sluice {

void ExecRouter::Validate(absl::string_view field, const config::v1::ExecRouter& config,
                          Violations& violations) {
  CheckCommand(FieldPath(field, "command"), config.command(), violations);
}

ExecRouter::ExecRouter(const config::v1::ExecRouter& config)
    : command_(ToCommandOptions(config.command(), kDefaultDeployTimeout)) {}

absl::Status ExecRouter::SetTraffic(const RouteCall& call, double percentage,
                                    std::stop_token stop) {
  return Run(call,
             {{"SLUICE_ACTION", "set_traffic"}, {"SLUICE_PERCENTAGE", absl::StrCat(percentage)}},
             stop);
}

absl::Status ExecRouter::Switch(const RouteCall& call, const std::string& slot,
                                std::stop_token stop) {
  return Run(call, {{"SLUICE_ACTION", "switch"}, {"SLUICE_SLOT", slot}}, stop);
}

absl::Status ExecRouter::SetFlag(const RouteCall& call, const std::string& flag, double percentage,
                                 std::stop_token stop) {
  return Run(call,
             {{"SLUICE_ACTION", "set_flag"},
              {"SLUICE_FLAG", flag},
              {"SLUICE_PERCENTAGE", absl::StrCat(percentage)}},
             stop);
}

absl::Status ExecRouter::Run(const RouteCall& call, std::map<std::string, std::string> action,
                             const std::stop_token& stop) const {
  action["SLUICE_SERVICE"] = call.service;
  action["SLUICE_VERSION"] = call.version;
  action["SLUICE_DEPLOYMENT_ID"] = call.deployment_id;
  action["SLUICE_EPOCH"] = absl::StrCat(call.epoch);
  return StatusWithLastLine(RunWith(command_, action, stop));
}

}  // namespace sluice
