// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/deployer/grpc_deployer.h"

#include <algorithm>

#include "base/text.h"
#include "base/timestamp.h"
#include "drivers/shared/config_checks.h"
#include "drivers/shared/grpc_call.h"
#include "sluice/agent/v1/agent_service.grpc.pb.h"

namespace sluice {
namespace {

agent::v1::ApplyVersionRequest ApplyRequest(const TargetCall& call) {
  agent::v1::ApplyVersionRequest request;
  request.set_service(call.service);
  request.set_version(call.version);
  request.set_target_id(call.target_id);
  request.set_deployment_id(call.deployment_id);
  request.set_step(call.step);
  request.set_attempt(call.attempt);
  request.set_epoch(call.epoch);
  return request;
}

}  // namespace

void GrpcDeployer::Validate(absl::string_view field, const config::v1::GrpcDeployer& config,
                            Violations& violations) {
  if (config.has_timeout()) {
    CheckPositive(FieldPath(field, "timeout"), config.timeout(), violations);
  }
}

GrpcDeployer::GrpcDeployer(const config::v1::GrpcDeployer& config)
    : timeout_(config.has_timeout() ? FromProtoDuration(config.timeout()) : kDefaultDeployTimeout) {
}

CallResult GrpcDeployer::Deploy(const TargetCall& call, std::stop_token stop) {
  const auto stub = agent::v1::AgentService::NewStub(DialTarget(call.target_address));
  const agent::v1::ApplyVersionRequest request = ApplyRequest(call);
  agent::v1::ApplyVersionResponse response;
  absl::Status status = CallTarget(
      [&](grpc::ClientContext* context) { return stub->ApplyVersion(context, request, &response); },
      timeout_, stop);
  // A failing agent answers with a status alone: its message is what it has to say.
  std::string output = status.ok() ? Bounded(response.output()) : std::string(status.message());
  return {std::move(status), std::move(output)};
}

absl::StatusOr<std::string> GrpcDeployer::RunningVersion(const TargetCall& call,
                                                         std::stop_token stop) {
  const auto stub = agent::v1::AgentService::NewStub(DialTarget(call.target_address));
  agent::v1::ReportVersionRequest request;
  request.set_service(call.service);
  request.set_target_id(call.target_id);
  agent::v1::ReportVersionResponse response;
  const absl::Status status = CallTarget(
      [&](grpc::ClientContext* context) {
        return stub->ReportVersion(context, request, &response);
      },
      std::min(timeout_, kVersionTimeout), stop);
  if (!status.ok()) return status;
  return ParseVersion(response.version());
}

}  // namespace sluice
