// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/service_catalog.h"

#include <utility>

namespace sluice {

ServiceCatalog::ServiceCatalog(ServiceDefinitionPtr unconfigured)
    : unconfigured_(std::move(unconfigured)) {}

void ServiceCatalog::Replace(std::vector<ServiceDefinitionPtr> services) {
  std::map<std::string, ServiceDefinitionPtr> by_name;
  for (ServiceDefinitionPtr& service : services) {
    const std::string name = service->config.name();
    by_name[name] = std::move(service);
  }
  MutexLock lock(mutex_);
  services_.swap(by_name);
}

ServiceDefinitionPtr ServiceCatalog::Find(const std::string& name) const {
  MutexLock lock(mutex_);
  const auto found = services_.find(name);
  return found == services_.end() ? unconfigured_ : found->second;
}

std::vector<ServiceDefinitionPtr> ServiceCatalog::All() const {
  MutexLock lock(mutex_);
  std::vector<ServiceDefinitionPtr> all;
  for (const auto& [name, service] : services_) all.push_back(service);
  return all;
}

std::set<std::string> ServiceCatalog::Names() const {
  MutexLock lock(mutex_);
  std::set<std::string> names;
  for (const auto& [name, service] : services_) names.insert(name);
  return names;
}

}  // namespace sluice
