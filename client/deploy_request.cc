// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "client/deploy_request.h"

#include <random>
#include <utility>
#include <vector>

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
  if (options.strategy.empty() && options.strategy_parameters.empty()) return absl::OkStatus();
  const std::string name =
      options.strategy.empty() ? StrategyNameOf(request.strategy()) : options.strategy;
  if (!name.empty()) {
    return BuildStrategy(name, options.strategy_parameters, *request.mutable_strategy());
  }
  const std::vector<std::string> fitting = StrategiesTaking(options.strategy_parameters);
  if (fitting.empty()) {
    return absl::InvalidArgumentError("no strategy takes all of these parameters together");
  }
  // The service may be configured with a strategy that means something else by them.
  return absl::InvalidArgumentError(
      absl::StrCat("strategy parameters need their strategy; add --strategy ",
                   absl::StrJoin(fitting, " or --strategy "),
                   "; it replaces the configured one, and what is not given has its default"));
}

// The value of `Policy` that the flag's word means.
template <typename Policy>
absl::StatusOr<Policy> PolicyOf(const char* flag, const std::string& word) {
  const google::protobuf::EnumDescriptor& type = *google::protobuf::GetEnumDescriptor<Policy>();
  std::vector<std::string> known;
  // The first one stands for none.
  for (int i = 1; i < type.value_count(); ++i) {
    const auto policy = static_cast<Policy>(type.value(i)->number());
    known.push_back(Word(policy));
    if (known.back() == word) return policy;
  }
  return absl::InvalidArgumentError(absl::StrCat(flag,
                                                 ": "
                                                 ", word, "
                                                 " is none of ",
                                                 absl::StrJoin(known, ", ")));
}

absl::Status SetOnFailure(const DeployOptions& options, v1::DeployRequest& request) {
  if (options.max_failed_targets.has_value()) {
    request.mutable_on_failure()->set_max_failed_targets(*options.max_failed_targets);
  }
  if (!options.on_failure.empty()) {
    SLUICE_ASSIGN_OR_RETURN(const auto policy,
                            PolicyOf<v1::FailurePolicy>("--on-failure", options.on_failure));
    request.mutable_on_failure()->set_policy(policy);
  }
  if (!options.on_uncertain.empty()) {
    SLUICE_ASSIGN_OR_RETURN(const auto policy,
                            PolicyOf<v1::UncertainPolicy>("--on-uncertain", options.on_uncertain));
    request.mutable_on_failure()->set_on_uncertain(policy);
  }
  return absl::OkStatus();
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
