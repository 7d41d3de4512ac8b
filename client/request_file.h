// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Reads a deployment request from a YAML file. Used by deploy and plan.

#ifndef SLUICE_CLIENT_REQUEST_FILE_H_
#define SLUICE_CLIENT_REQUEST_FILE_H_

#include <string>

#include "absl/status/status.h"
#include "sluice/v1/deployment_service.pb.h"

namespace sluice::client {

// `path` "-" is standard input, which may be closed. The error names every mistake with line and
// column.
absl::Status ReadRequestFile(const std::string& path, v1::DeployRequest& request);

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_REQUEST_FILE_H_
