// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The system under test: Sluice's engine, alone or behind its RPC server, in this process. The same
// classes as in the daemon, wired with ports that the benchmark gives.

#ifndef SLUICE_TESTS_BENCH_ENGINE_H_
#define SLUICE_TESTS_BENCH_ENGINE_H_

#include <memory>
#include <string>

#include "app/durable_records.h"
#include "base/clock.h"
#include "engine/deployment_manager.h"
#include "engine/registry.h"
#include "engine/service_catalog.h"
#include "rpc/server.h"

namespace sluice::bench {

// Ports that do nothing, successfully.
ServicePorts NonePorts();

class Engine {
 public:
  // Every service is accepted, and gets `ports`. Ids are "000000", "000001" … in the order of the
  // deployments. With a `data_dir` records are durable, and those that are there are restored.
  Engine(const EngineLimits& limits, ServicePorts ports, const std::string& data_dir = "");

  Clock& clock() { return clock_; }
  Registry& registry() { return registry_; }
  DeploymentManager& manager() { return manager_; }

 private:
  RealClock clock_;
  ServiceCatalog catalog_;
  Registry registry_;
  std::unique_ptr<DurableRecords> records_;  // null: in memory
  int deployments_ = 0;                      // Ids are made under the manager's lock.
  DeploymentManager manager_;
};

// An engine behind a socket, with an audit trail where a file for it is given.
class ServedEngine {
 public:
  ServedEngine(const std::string& socket, const EngineLimits& limits,
               const std::string& data_dir = "", const std::string& audit_file = "");
  // Drains.
  ~ServedEngine();

  Engine& engine() { return engine_; }

 private:
  Engine engine_;
  const std::unique_ptr<AccessControl> access_;
  std::unique_ptr<AuditTrail> audit_;  // null: none
  std::unique_ptr<RpcServer> server_;
};

// A deployment of 20 steps that waits, for an hour, at the first of its waits.
v1::DeployRequest TwentySteps(const std::string& service);

}  // namespace sluice::bench

#endif  // SLUICE_TESTS_BENCH_ENGINE_H_
