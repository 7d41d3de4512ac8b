// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Health check over HTTP: the answer's code, and what its body contains. Thread-safe: its
// configuration never changes.

#ifndef SLUICE_DRIVERS_HEALTH_HTTP_HEALTH_CHECK_H_
#define SLUICE_DRIVERS_HEALTH_HTTP_HEALTH_CHECK_H_

#include <set>
#include <stop_token>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/violations.h"
#include "drivers/shared/http_client.h"
#include "ports/health_check.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice {

class HttpHealthCheck final : public HealthCheck {
 public:
  static void Validate(absl::string_view field, const config::v1::HttpHealthCheck& config,
                       Violations& violations);

  // Whether it reaches targets by their address.
  static bool DialsTargets(const config::v1::HttpHealthCheck& config);

  // `config` must hold Validate.
  HttpHealthCheck(const config::v1::HttpHealthCheck& config, absl::Duration timeout);

  absl::StatusOr<std::string> Check(const TargetCall& call, std::stop_token stop) override;

 private:
  bool IsExpected(int code) const;

  const std::string url_;  // a template
  const std::set<int> expected_codes_;
  const std::string body_contains_;
  const absl::Duration timeout_;
  const HttpClient client_;
};

}  // namespace sluice

#endif  // SLUICE_DRIVERS_HEALTH_HTTP_HEALTH_CHECK_H_
