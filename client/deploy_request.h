// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// From flags, or a file, to the request that is sent. Used by deploy and plan.

#ifndef SLUICE_CLIENT_DEPLOY_REQUEST_H_
#define SLUICE_CLIENT_DEPLOY_REQUEST_H_

#include <string>

#include "absl/status/statusor.h"
#include "client/options.h"
#include "sluice/v1/deployment_service.pb.h"

namespace sluice::client {

// Reads options.file when there is one; flags go over what it says, also single parameters of its
// strategy. Another strategy than the file's replaces it whole. The error is a usage error and
// names the flag, or the file with line and column. Without a request id a random one is made, so
// that the call can be repeated safely.
absl::StatusOr<v1::DeployRequest> BuildDeployRequest(const DeployOptions& options);

// 32 random hexadecimal digits.
std::string RandomRequestId();

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_DEPLOY_REQUEST_H_
