// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Health check that runs a configured command: exit code 0 is healthy. Thread-safe: its
// configuration never changes.

#ifndef SLUICE_DRIVERS_HEALTH_EXEC_HEALTH_CHECK_H_
#define SLUICE_DRIVERS_HEALTH_EXEC_HEALTH_CHECK_H_

#include <stop_token>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/subprocess.h"
#include "base/violations.h"
#include "ports/health_check.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice {

class ExecHealthCheck final : public HealthCheck {
 public:
  static void Validate(absl::string_view field, const config::v1::ExecHealthCheck& config,
                       Violations& violations);

  // `config` must hold Validate. The shorter of the command's timeout and `timeout` applies.
  ExecHealthCheck(const config::v1::ExecHealthCheck& config, absl::Duration timeout);

  // The text is the last line of the command's output.
  absl::StatusOr<std::string> Check(const TargetCall& call, std::stop_token stop) override;

 private:
  const CommandOptions command_;
};

}  // namespace sluice

#endif  // SLUICE_DRIVERS_HEALTH_EXEC_HEALTH_CHECK_H_
