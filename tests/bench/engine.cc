// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "bench/engine.h"

#include <fmt/format.h>

#include <cstdlib>
#include <utility>

#include "drivers/deployer/none_deployer.h"
#include "drivers/health/none_health_check.h"
#include "drivers/router/none_router.h"

namespace sluice::bench {
namespace {

constexpr int kHistory = 20;
constexpr double kHour = 3600;

ServiceDefinitionPtr AnyService(ServicePorts ports) {
  auto definition = std::make_shared<ServiceDefinition>();
  definition->ports = std::move(ports);
  definition->configured = false;
  return definition;
}

[[noreturn]] void Abort(const absl::Status& status) {
  fmt::print(stderr, "sluice_bench: {}\n", status.ToString());
  std::abort();
}

}  // namespace

ServicePorts NonePorts() {
  return {.deployer = std::make_shared<NoneDeployer>(),
          .health_check = std::make_shared<NoneHealthCheck>(),
          .router = std::make_shared<NoneRouter>()};
}

Engine::Engine(const EngineLimits& limits, ServicePorts ports, const std::string& data_dir)
    : catalog_(AnyService(std::move(ports))),
      registry_(clock_, kHistory),
      manager_(clock_, registry_, catalog_, limits,
               [this] { return fmt::format("{:06}", deployments_++); }) {
  if (data_dir.empty()) return;
  auto records = DurableRecords::Open(data_dir, clock_, registry_, [](const absl::Status&) {});
  if (!records.ok()) Abort(records.status());
  records_ = *std::move(records);
  manager_.ResumeAll(records_->requests());
}

ServedEngine::ServedEngine(const std::string& socket, const EngineLimits& limits,
                           const std::string& data_dir, const std::string& audit_file)
    : engine_(limits, NonePorts(), data_dir),
      access_(*AccessControl::Make(config::v1::Config(), engine_.clock())) {
  if (!audit_file.empty()) {
    auto audit = AuditTrail::Open(audit_file, engine_.clock());
    if (!audit.ok()) Abort(audit.status());
    audit_ = *std::move(audit);
  }
  ServerOptions options;
  options.unix_socket = socket;
  auto server = RpcServer::Start(std::move(options), {.clock = engine_.clock(),
                                                      .manager = engine_.manager(),
                                                      .registry = engine_.registry(),
                                                      .access = *access_,
                                                      .audit = audit_.get()});
  if (!server.ok()) Abort(server.status());
  server_ = *std::move(server);
  if (const absl::Status accepting = server_->Accept(); !accepting.ok()) Abort(accepting);
}

ServedEngine::~ServedEngine() {
  engine_.manager().Drain(absl::ZeroDuration(), absl::Minutes(1));
  engine_.registry().Close();
  server_ = nullptr;
}

v1::DeployRequest TwentySteps(const std::string& service) {
  v1::DeployRequest request;
  request.set_service(service);
  request.set_version("2.4.1");
  v1::RollingStrategy& strategy = *request.mutable_strategy()->mutable_rolling_strategy();
  strategy.set_batch_count(10);
  strategy.set_pause_seconds(kHour);
  return request;
}

}  // namespace sluice::bench
