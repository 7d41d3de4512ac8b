// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "auth/methods.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/strip.h"

namespace sluice {
namespace {

constexpr Method kMethods[] = {
    {"/sluice.v1.DeploymentService/GetState", Permission::kRead, false},
    {"/sluice.v1.DeploymentService/ListStates", Permission::kRead, false},
    {"/sluice.v1.DeploymentService/WatchStates", Permission::kRead, false},
    {"/sluice.v1.DeploymentService/ListServices", Permission::kRead, false},
    {"/sluice.v1.DeploymentService/PlanDeployment", Permission::kRead, false},
    {"/sluice.v1.DeploymentService/GetServerInfo", Permission::kRead, false},
    {"/sluice.v1.DeploymentService/Deploy", Permission::kDeploy, true},
    {"/sluice.v1.DeploymentService/Rollback", Permission::kOperate, true},
    {"/sluice.v1.DeploymentService/Pause", Permission::kOperate, true},
    {"/sluice.v1.DeploymentService/Resume", Permission::kOperate, true},
    {"/sluice.v1.DeploymentService/Promote", Permission::kOperate, true},
    {"/sluice.v1.DeploymentService/Abort", Permission::kOperate, true},
    // The copy holds what everybody deployed.
    {"/sluice.v1.DeploymentService/Backup", Permission::kAdminister, true},
    // Probes have no credentials, and the contract is public.
    {"/grpc.health.v1.Health/Check", Permission::kNone, false},
    {"/grpc.health.v1.Health/Watch", Permission::kNone, false},
    {"/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", Permission::kNone, false},
};

constexpr config::v1::Role kRoles[] = {config::v1::ROLE_VIEWER, config::v1::ROLE_DEPLOYER,
                                       config::v1::ROLE_OPERATOR, config::v1::ROLE_ADMIN};

}  // namespace

absl::Span<const Method> AllMethods() { return kMethods; }

const Method* FindMethod(absl::string_view path) {
  const auto found = std::find_if(std::begin(kMethods), std::end(kMethods),
                                  [path](const Method& method) { return method.path == path; });
  return found == std::end(kMethods) ? nullptr : found;
}

std::string ShortMethodName(absl::string_view path) {
  const size_t slash = path.rfind('/');
  return std::string(slash == absl::string_view::npos ? path : path.substr(slash + 1));
}

bool RoleHas(config::v1::Role role, Permission permission) {
  switch (role) {
    case config::v1::ROLE_ADMIN:
      return true;
    case config::v1::ROLE_OPERATOR:
      return permission <= Permission::kRead || permission == Permission::kOperate;
    case config::v1::ROLE_DEPLOYER:
      return permission <= Permission::kDeploy;
    case config::v1::ROLE_VIEWER:
      return permission <= Permission::kRead;
    default:
      return permission == Permission::kNone;
  }
}

std::vector<std::string> RolesWith(Permission permission) {
  std::vector<std::string> roles;
  for (const config::v1::Role role : kRoles) {
    if (RoleHas(role, permission)) roles.push_back(RoleName(role));
  }
  return roles;
}

std::string RoleName(config::v1::Role role) {
  return absl::AsciiStrToLower(absl::StripPrefix(config::v1::Role_Name(role), "ROLE_"));
}

}  // namespace sluice
