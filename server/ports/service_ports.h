// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The outside systems of one service, as its configuration names them.

#ifndef SLUICE_PORTS_SERVICE_PORTS_H_
#define SLUICE_PORTS_SERVICE_PORTS_H_

#include <memory>

#include "ports/deployer.h"
#include "ports/health_check.h"
#include "ports/traffic_router.h"

namespace sluice {

// Shared with every running deployment of the service, so that a reload of the configuration does
// not touch those. No pointer is null.
struct ServicePorts {
  std::shared_ptr<Deployer> deployer;
  std::shared_ptr<HealthCheck> health_check;
  HealthPolicy health_policy;
  std::shared_ptr<TrafficRouter> router;
  // One of them reaches targets by their address: that is not to be anything else than a host, lest
  // a request says more of a URL or a socket than where the target is.
  bool dials_targets = false;
};

}  // namespace sluice

#endif  // SLUICE_PORTS_SERVICE_PORTS_H_
