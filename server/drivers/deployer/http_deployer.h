// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Deployer that POSTs JSON to a URL of each target, or of a service that looks after them.
// Thread-safe: its configuration never changes.

#ifndef SLUICE_DRIVERS_DEPLOYER_HTTP_DEPLOYER_H_
#define SLUICE_DRIVERS_DEPLOYER_HTTP_DEPLOYER_H_

#include <map>
#include <stop_token>
#include <string>

#include "absl/strings/string_view.h"
#include "base/clock.h"
#include "base/violations.h"
#include "drivers/shared/http_client.h"
#include "ports/deployer.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice {

class HttpDeployer final : public Deployer {
 public:
  static void Validate(absl::string_view field, const config::v1::HttpDeployer& config,
                       Violations& violations);

  // Whether it reaches targets by their address.
  static bool DialsTargets(const config::v1::HttpDeployer& config);

  // `config` must hold Validate.
  explicit HttpDeployer(const config::v1::HttpDeployer& config);

  // 2xx is success; the answer's body is the output. A request that may have reached the target is
  // never repeated. The timeout covers all attempts.
  CallResult Deploy(const TargetCall& call, std::stop_token stop) override;
  // What version_url answers.
  absl::StatusOr<std::string> RunningVersion(const TargetCall& call, std::stop_token stop) override;
  bool TellsVersion() const override { return !version_url_.empty(); }
  absl::Duration MaxDuration() const override { return timeout_; }

 private:
  HttpReply SendWithRetries(HttpRequest request, const std::stop_token& stop);

  const std::string url_;
  const std::string version_url_;
  const std::map<std::string, std::string> headers_;
  const absl::Duration timeout_;
  const int connect_retries_;
  const HttpClient client_;
  RealClock clock_;
};

}  // namespace sluice

#endif  // SLUICE_DRIVERS_DEPLOYER_HTTP_DEPLOYER_H_
