// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The one table that names concrete drivers: from a service's configuration to its ports. Used when
// the configuration is read and reloaded. Stateless.

#ifndef SLUICE_APP_DRIVER_TABLE_H_
#define SLUICE_APP_DRIVER_TABLE_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/violations.h"
#include "ports/service_ports.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice {

// Adds every fault of the service's deployer, health check and router. `field` is the path of the
// service ("services[2]").
void CheckDrivers(absl::string_view field, const config::v1::Service& service,
                  Violations& violations);

// Whether a target's address becomes a part of a URL.
bool CallsUrlsOfTargets(const config::v1::Service& service);

// INVALID_ARGUMENT lists what CheckDrivers finds, with paths inside the service.
absl::StatusOr<ServicePorts> MakePorts(const config::v1::Service& service);

}  // namespace sluice

#endif  // SLUICE_APP_DRIVER_TABLE_H_
