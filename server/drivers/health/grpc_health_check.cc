// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/health/grpc_health_check.h"

#include "base/status_macros.h"
#include "drivers/shared/grpc_call.h"
#include "grpc/health/v1/health.grpc.pb.h"

namespace sluice {

using grpc::health::v1::HealthCheckResponse;

GrpcHealthCheck::GrpcHealthCheck(const config::v1::GrpcHealthCheck& config, absl::Duration timeout)
    : service_name_(config.service_name()), timeout_(timeout) {}

absl::StatusOr<std::string> GrpcHealthCheck::Check(const TargetCall& call, std::stop_token stop) {
  const auto stub = grpc::health::v1::Health::NewStub(DialTarget(call.target_address));
  grpc::health::v1::HealthCheckRequest request;
  request.set_service(service_name_);
  HealthCheckResponse response;
  SLUICE_RETURN_IF_ERROR(CallTarget(
      [&](grpc::ClientContext* context) { return stub->Check(context, request, &response); },
      timeout_, stop));
  const std::string answer = HealthCheckResponse::ServingStatus_Name(response.status());
  if (response.status() != HealthCheckResponse::SERVING) return absl::UnknownError(answer);
  return answer;
}

}  // namespace sluice
