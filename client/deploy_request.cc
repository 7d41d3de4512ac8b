// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "client/deploy_request.h"

#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "base/timestamp.h"
#include "client/request_file.h"
#include "client/strategy_flags.h"
#include "client/words.h"
#include "fmt/format.h"

namespace sluice::client {
namespace {

absl::Status SetStrategy(const DeployOptions& options, v1::DeployRequest& request) {
  if (!options.strategy.empty()) {
    request.clear_strategy();
    return BuildStrategy(options.strategy, options.strategy_parameters,
                         *request.mutable_strategy());
  }
  if (options.strategy_parameters.empty()) return absl::OkStatus();
  const std::vector<std::string> fitting = StrategiesTaking(options.strategy_parameters);
  if (fitting.empty()) {
    return absl::InvalidArgumentError("no strategy takes all of these parameters together");
  }
  // The service may be configured with a strategy that means something else by them.
  return absl::InvalidArgumentError(
      absl::StrCat("strategy parameters need their strategy; add --strategy ",
                   absl::StrJoin(fitting, " or --strategy ")));
}

absl::Status SetOnFailure(const DeployOptions& options, v1::DeployRequest& request) {
  if (options.max_failed_targets.has_value()) {
    request.mutable_on_failure()->set_max_failed_targets(*options.max_failed_targets);
  }
  if (options.on_failure.empty()) return absl::OkStatus();
  for (const v1::FailurePolicy policy :
       {v1::FAILURE_POLICY_ROLLBACK, v1::FAILURE_POLICY_STOP, v1::FAILURE_POLICY_CONTINUE}) {
    if (Word(policy) == options.on_failure) {
      request.mutable_on_failure()->set_policy(policy);
      return absl::OkStatus();
    }
  }
  return absl::InvalidArgumentError(absl::StrCat("--on-failure: \"", options.on_failure,
                                                 "\" is none of rollback, stop, continue"));
}

void AddTargets(const DeployOptions& options, v1::DeployRequest& request) {
  if (!options.targets.empty()) request.clear_targets();
  for (const std::string& text : options.targets) {
    const size_t equals = text.find('=');
    v1::Target& target = *request.add_targets();
    target.set_id(text.substr(0, equals));
    if (equals != std::string::npos) target.set_address(text.substr(equals + 1));
  }
}

absl::Status AddMetadata(const DeployOptions& options, v1::DeployRequest& request) {
  for (const std::string& text : options.metadata) {
    const size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("--metadata: \"", text, "\" must be KEY=VALUE"));
    }
    (*request.mutable_metadata())[text.substr(0, equals)] = text.substr(equals + 1);
  }
  return absl::OkStatus();
}

void SetTexts(const DeployOptions& options, v1::DeployRequest& request) {
  if (!options.service.empty()) request.set_service(options.service);
  if (!options.version.empty()) request.set_version(options.version);
  if (!options.reason.empty()) request.set_reason(options.reason);
  if (!options.request_id.empty()) request.set_request_id(options.request_id);
  if (options.progress_deadline.has_value()) {
    *request.mutable_progress_deadline() = ToProtoDuration(*options.progress_deadline);
  }
  if (request.request_id().empty()) request.set_request_id(RandomRequestId());
}

}  // namespace

absl::StatusOr<v1::DeployRequest> BuildDeployRequest(const DeployOptions& options) {
  v1::DeployRequest request;
  if (!options.file.empty()) {
    SLUICE_RETURN_IF_ERROR(ReadRequestFile(options.file, request));
  }
  SetTexts(options, request);
  SLUICE_RETURN_IF_ERROR(SetStrategy(options, request));
  SLUICE_RETURN_IF_ERROR(SetOnFailure(options, request));
  AddTargets(options, request);
  SLUICE_RETURN_IF_ERROR(AddMetadata(options, request));
  if (request.service().empty() || request.version().empty()) {
    return absl::InvalidArgumentError(
        "what to deploy? Give SERVICE and VERSION, or a request file with -f");
  }
  return request;
}

std::string RandomRequestId() {
  std::random_device random;
  std::string id;
  for (int i = 0; i < 4; ++i) id += fmt::format("{:08x}", static_cast<uint32_t>(random()));
  return id;
}

}  // namespace sluice::client
