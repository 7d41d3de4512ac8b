// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "app/service_definitions.h"

#include <memory>
#include <utility>

#include "app/driver_table.h"
#include "base/status_macros.h"

namespace sluice {
namespace {

absl::StatusOr<ServiceDefinitionPtr> Define(const config::v1::Service& service, bool configured) {
  auto definition = std::make_shared<ServiceDefinition>();
  definition->config = service;
  definition->configured = configured;
  SLUICE_ASSIGN_OR_RETURN(definition->ports, MakePorts(service));
  return definition;
}

}  // namespace

absl::StatusOr<std::vector<ServiceDefinitionPtr>> DefineServices(const config::v1::Config& config) {
  std::vector<ServiceDefinitionPtr> services;
  for (const config::v1::Service& service : config.services()) {
    SLUICE_ASSIGN_OR_RETURN(ServiceDefinitionPtr definition, Define(service, true));
    services.push_back(std::move(definition));
  }
  return services;
}

ServiceDefinitionPtr DefineUnconfigured(const config::v1::Config& config) {
  if (!config.allow_unconfigured_services()) return nullptr;
  absl::StatusOr<ServiceDefinitionPtr> definition = Define(config::v1::Service(), false);
  return definition.ok() ? *std::move(definition) : nullptr;
}

}  // namespace sluice
