// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "app/driver_table.h"

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/timestamp.h"
#include "drivers/deployer/exec_deployer.h"
#include "drivers/deployer/grpc_deployer.h"
#include "drivers/deployer/http_deployer.h"
#include "drivers/deployer/none_deployer.h"
#include "drivers/health/exec_health_check.h"
#include "drivers/health/grpc_health_check.h"
#include "drivers/health/http_health_check.h"
#include "drivers/health/none_health_check.h"
#include "drivers/health/tcp_health_check.h"
#include "drivers/router/exec_router.h"
#include "drivers/router/none_router.h"
#include "drivers/shared/config_checks.h"

namespace sluice {
namespace {

constexpr absl::Duration kDefaultCheckTimeout = absl::Seconds(5);

void CheckDeployer(const std::string& field, const config::v1::Deployer& deployer,
                   Violations& violations) {
  switch (deployer.driver_case()) {
    case config::v1::Deployer::kExec:
      return ExecDeployer::Validate(FieldPath(field, "exec"), deployer.exec(), violations);
    case config::v1::Deployer::kHttp:
      return HttpDeployer::Validate(FieldPath(field, "http"), deployer.http(), violations);
    case config::v1::Deployer::kGrpc:
      return GrpcDeployer::Validate(FieldPath(field, "grpc"), deployer.grpc(), violations);
    case config::v1::Deployer::kNone:
    case config::v1::Deployer::DRIVER_NOT_SET:
      return;
  }
}

std::shared_ptr<Deployer> MakeDeployer(const config::v1::Deployer& deployer) {
  switch (deployer.driver_case()) {
    case config::v1::Deployer::kExec:
      return std::make_shared<ExecDeployer>(deployer.exec());
    case config::v1::Deployer::kHttp:
      return std::make_shared<HttpDeployer>(deployer.http());
    case config::v1::Deployer::kGrpc:
      return std::make_shared<GrpcDeployer>(deployer.grpc());
    case config::v1::Deployer::kNone:
    case config::v1::Deployer::DRIVER_NOT_SET:
      break;
  }
  return std::make_shared<NoneDeployer>();
}

void CheckThreshold(const std::string& field, int threshold, Violations& violations) {
  if (threshold < 1) violations.Add(field, absl::StrCat("must be at least 1, is ", threshold));
}

void CheckHealthPolicy(const std::string& field, const config::v1::HealthCheck& check,
                       Violations& violations) {
  if (check.has_interval()) {
    CheckPositive(FieldPath(field, "interval"), check.interval(), violations);
  }
  if (check.has_timeout()) CheckPositive(FieldPath(field, "timeout"), check.timeout(), violations);
  if (check.has_healthy_threshold()) {
    CheckThreshold(FieldPath(field, "healthy_threshold"), check.healthy_threshold(), violations);
  }
  if (check.has_unhealthy_threshold()) {
    CheckThreshold(FieldPath(field, "unhealthy_threshold"), check.unhealthy_threshold(),
                   violations);
  }
  CheckNotNegative(FieldPath(field, "min_healthy_time"), check.min_healthy_time(), violations);
  if (check.has_deadline()) {
    CheckPositive(FieldPath(field, "deadline"), check.deadline(), violations);
  }
}

HealthPolicy MakeHealthPolicy(const config::v1::HealthCheck& check) {
  HealthPolicy policy;
  if (check.has_interval()) policy.interval = FromProtoDuration(check.interval());
  if (check.has_healthy_threshold()) policy.healthy_threshold = check.healthy_threshold();
  if (check.has_unhealthy_threshold()) policy.unhealthy_threshold = check.unhealthy_threshold();
  policy.min_healthy_time = FromProtoDuration(check.min_healthy_time());
  if (check.has_deadline()) policy.deadline = FromProtoDuration(check.deadline());
  return policy;
}

// A target could never stay healthy long enough.
void CheckDeadlineLeavesTime(const std::string& field, const config::v1::HealthCheck& check,
                             Violations& violations) {
  const HealthPolicy policy = MakeHealthPolicy(check);
  if (policy.min_healthy_time >= policy.deadline) {
    violations.Add(FieldPath(field, "deadline"),
                   absl::StrCat("must be longer than min_healthy_time (",
                                absl::FormatDuration(policy.min_healthy_time), "), is ",
                                absl::FormatDuration(policy.deadline)));
  }
}

void CheckHealthCheck(const std::string& field, const config::v1::HealthCheck& check,
                      Violations& violations) {
  const size_t before = violations.all().size();
  CheckHealthPolicy(field, check, violations);
  if (violations.all().size() == before) CheckDeadlineLeavesTime(field, check, violations);
  if (check.has_http()) {
    HttpHealthCheck::Validate(FieldPath(field, "http"), check.http(), violations);
  }
  if (check.has_exec()) {
    ExecHealthCheck::Validate(FieldPath(field, "exec"), check.exec(), violations);
  }
}

std::shared_ptr<HealthCheck> MakeHealthCheck(const config::v1::HealthCheck& check) {
  const absl::Duration timeout =
      check.has_timeout() ? FromProtoDuration(check.timeout()) : kDefaultCheckTimeout;
  switch (check.driver_case()) {
    case config::v1::HealthCheck::kHttp:
      return std::make_shared<HttpHealthCheck>(check.http(), timeout);
    case config::v1::HealthCheck::kTcp:
      return std::make_shared<TcpHealthCheck>(timeout);
    case config::v1::HealthCheck::kGrpc:
      return std::make_shared<GrpcHealthCheck>(check.grpc(), timeout);
    case config::v1::HealthCheck::kExec:
      return std::make_shared<ExecHealthCheck>(check.exec(), timeout);
    case config::v1::HealthCheck::kNone:
    case config::v1::HealthCheck::DRIVER_NOT_SET:
      break;
  }
  return std::make_shared<NoneHealthCheck>();
}

std::shared_ptr<TrafficRouter> MakeRouter(const config::v1::Router& router) {
  if (router.has_exec()) return std::make_shared<ExecRouter>(router.exec());
  return std::make_shared<NoneRouter>();
}

}  // namespace

void CheckDrivers(absl::string_view field, const config::v1::Service& service,
                  Violations& violations) {
  CheckDeployer(FieldPath(field, "deployer"), service.deployer(), violations);
  CheckHealthCheck(FieldPath(field, "health_check"), service.health_check(), violations);
  if (service.router().has_exec()) {
    ExecRouter::Validate(FieldPath(field, "router.exec"), service.router().exec(), violations);
  }
}

bool CallsUrlsOfTargets(const config::v1::Service& service) {
  const config::v1::Deployer& deployer = service.deployer();
  const config::v1::HealthCheck& check = service.health_check();
  return check.has_tcp() || (deployer.has_http() && HttpDeployer::DialsTargets(deployer.http())) ||
         (check.has_http() && HttpHealthCheck::DialsTargets(check.http()));
}

absl::StatusOr<ServicePorts> MakePorts(const config::v1::Service& service) {
  Violations violations;
  CheckDrivers("", service, violations);
  SLUICE_RETURN_IF_ERROR(violations.ToStatus());
  ServicePorts ports;
  ports.deployer = MakeDeployer(service.deployer());
  ports.health_check = MakeHealthCheck(service.health_check());
  ports.health_policy = MakeHealthPolicy(service.health_check());
  ports.router = MakeRouter(service.router());
  ports.dials_targets = CallsUrlsOfTargets(service) || service.deployer().has_grpc() ||
                        service.health_check().has_grpc();
  return ports;
}

}  // namespace sluice
