// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The configured services with their ports. Replaced as a whole on SIGHUP; whoever holds a
// definition keeps it, so that a reload does not touch running deployments.

#ifndef SLUICE_ENGINE_SERVICE_CATALOG_H_
#define SLUICE_ENGINE_SERVICE_CATALOG_H_

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "ports/service_ports.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice {

struct ServiceDefinition {
  config::v1::Service config;
  ServicePorts ports;
  bool configured = true;  // false: known only from a request
};

using ServiceDefinitionPtr = std::shared_ptr<const ServiceDefinition>;

// Thread-safe.
class ServiceCatalog {
 public:
  // `unconfigured` is what a service without configuration gets (ports that do nothing); null when
  // such services are refused.
  explicit ServiceCatalog(ServiceDefinitionPtr unconfigured);

  void Replace(std::vector<ServiceDefinitionPtr> services);

  // Null when the service is not configured and such services are refused.
  ServiceDefinitionPtr Find(const std::string& name) const;
  std::vector<ServiceDefinitionPtr> All() const;
  std::set<std::string> Names() const;

 private:
  const ServiceDefinitionPtr unconfigured_;
  mutable Mutex mutex_;
  std::map<std::string, ServiceDefinitionPtr> services_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice

#endif  // SLUICE_ENGINE_SERVICE_CATALOG_H_
