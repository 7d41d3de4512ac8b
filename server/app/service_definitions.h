// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The configured services with the drivers that reach their targets. Used by the daemon.

#ifndef SLUICE_APP_SERVICE_DEFINITIONS_H_
#define SLUICE_APP_SERVICE_DEFINITIONS_H_

#include <vector>

#include "absl/status/statusor.h"
#include "engine/service_catalog.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice {

// In the order of the configuration. INVALID_ARGUMENT where a driver cannot be made.
absl::StatusOr<std::vector<ServiceDefinitionPtr>> DefineServices(const config::v1::Config& config);

// What a service without configuration gets: drivers that do nothing. Null where
// allow_unconfigured_services does not hold.
ServiceDefinitionPtr DefineUnconfigured(const config::v1::Config& config);

}  // namespace sluice

#endif  // SLUICE_APP_SERVICE_DEFINITIONS_H_
