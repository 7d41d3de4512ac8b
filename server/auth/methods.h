// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// What each RPC needs: the one table from which roles follow. An RPC that is not in it is refused
// to everybody. Used by the policy and by rpc. Pure; any thread.

#ifndef SLUICE_AUTH_METHODS_H_
#define SLUICE_AUTH_METHODS_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "sluice/config/v1/access.pb.h"

namespace sluice {

enum class Permission {
  kNone,  // for everybody, without credentials too
  kRead,
  kDeploy,
  kOperate,
  kAdminister,
};

struct Method {
  const char* path;  // "/sluice.v1.DeploymentService/Deploy"
  Permission permission;
  // It changes something: what the audit trail records also when it is allowed.
  bool changes;
};

absl::Span<const Method> AllMethods();

// Null when there is none. `path` as gRPC's :path has it.
const Method* FindMethod(absl::string_view path);

// "/sluice.v1.DeploymentService/Deploy" → "Deploy"
std::string ShortMethodName(absl::string_view path);

bool RoleHas(config::v1::Role role, Permission permission);

// The roles that have it, as people write them: "deployer", "admin".
std::vector<std::string> RolesWith(Permission permission);

// ROLE_DEPLOYER → "deployer"
std::string RoleName(config::v1::Role role);

}  // namespace sluice

#endif  // SLUICE_AUTH_METHODS_H_
