// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "app/validate_config.h"

#include <sys/un.h>

#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "app/driver_table.h"
#include "auth/validate_access.h"
#include "base/host_address.h"
#include "base/timestamp.h"
#include "engine/deploy_request.h"
#include "rpc/listen_address.h"
#include "strategy/create_strategy.h"
#include "strategy/defaults.h"
#include "strategy/validate.h"

namespace sluice {
namespace {

constexpr int kMaxTargets = 10'000;
constexpr size_t kMaxAddressBytes = 255;
// Each runs on a thread of its own; the kernel's limit on memory maps allows about 32,000.
constexpr int kMaxThreads = 30'000;
constexpr int kMaxPending = 1'000'000;
constexpr int kMaxHistory = 10'000;
// Their list fits into one message.
constexpr int kMaxServices = 10'000;
constexpr int kMaxConnections = 1'000'000;
constexpr int kMaxWatches = 10'000;
constexpr absl::Duration kMaxDrainGrace = absl::Hours(24);
constexpr absl::Duration kMaxDrainNotice = absl::Hours(1);
constexpr absl::Duration kMinHeartbeat = absl::Milliseconds(100);
constexpr absl::Duration kMaxHeartbeat = absl::Hours(1);
constexpr absl::Duration kMaxProgressDeadline = absl::Hours(24 * 30);
constexpr size_t kMaxSocketPathBytes = sizeof(sockaddr_un::sun_path) - 1;

void CheckRange(absl::string_view field, int value, int max, Violations& violations) {
  if (value < 1 || value > max) {
    violations.Add(field, absl::StrCat("must be from 1 to ", max, ", is ", value));
  }
}

void CheckDuration(absl::string_view field, const google::protobuf::Duration& duration,
                   absl::Duration max, Violations& violations) {
  const absl::Duration value = FromProtoDuration(duration);
  if (value <= absl::ZeroDuration() || value > max) {
    violations.Add(field, absl::StrCat("must be above 0 and at most ", absl::FormatDuration(max),
                                       ", is ", absl::FormatDuration(value)));
  }
}

// Who could call from elsewhere; empty when nobody unknown could.
std::string OpenTo(const config::v1::Config& config) {
  const config::v1::Tls& tls = config.listen().tls();
  if (!config.listen().has_tls()) {
    return "listen on 127.0.0.1, configure listen.tls, or set insecure_listen where the network is "
           "trusted";
  }
  const bool all_have_certificates =
      !tls.client_ca_file().empty() && !tls.client_certificate_optional();
  if (all_have_certificates || config.has_access()) return "";
  return "ask for client certificates (listen.tls.client_ca_file), or say in access who may do "
         "what";
}

void CheckHeartbeat(const google::protobuf::Duration& heartbeat, Violations& violations) {
  const absl::Duration value = FromProtoDuration(heartbeat);
  if (value >= kMinHeartbeat && value <= kMaxHeartbeat) return;
  violations.Add(
      "watch_heartbeat",
      absl::StrCat("must be from ", absl::FormatDuration(kMinHeartbeat), " to ",
                   absl::FormatDuration(kMaxHeartbeat), ", is ", absl::FormatDuration(value)));
}

void CheckTcp(const config::v1::Config& config, Violations& violations) {
  const config::v1::Listen& listen = config.listen();
  const absl::StatusOr<ListenAddress> address = ParseListenAddress(listen.tcp());
  if (!address.ok()) {
    violations.Add("listen.tcp", address.status().message());
    return;
  }
  if (listen.insecure_listen() || IsLoopback(*address)) return;
  const std::string remedy = OpenTo(config);
  if (remedy.empty()) return;
  violations.Add("listen.tcp", absl::StrCat("must be a loopback address, is ", Quoted(listen.tcp()),
                                            ": whoever reaches it could deploy; ", remedy));
}

void CheckListen(const config::v1::Config& config, Violations& violations) {
  const config::v1::Listen& listen = config.listen();
  const bool has_socket = listen.unix_socket() != "none";
  if (has_socket) {
    CheckText("listen.unix_socket", listen.unix_socket(), kMaxSocketPathBytes, violations);
  } else if (listen.tcp().empty()) {
    violations.Add("listen.unix_socket", "must not be none without listen.tcp: nothing could call");
  }
  if (!listen.tcp().empty()) CheckTcp(config, violations);
  if (listen.has_tls()) ValidateTls(listen.tls(), violations);
}

void CheckLimits(const config::v1::Limits& limits, Violations& violations) {
  CheckRange("limits.max_active_deployments", limits.max_active_deployments(), kMaxThreads,
             violations);
  CheckRange("limits.max_pending_deployments", limits.max_pending_deployments(), kMaxPending,
             violations);
  CheckRange("limits.history_per_service", limits.history_per_service(), kMaxHistory, violations);
  CheckRange("limits.max_unconfigured_services", limits.max_unconfigured_services(), kMaxServices,
             violations);
  CheckRange("limits.max_target_calls", limits.max_target_calls(), kMaxThreads, violations);
  CheckRange("limits.max_connections", limits.max_connections(), kMaxConnections, violations);
  CheckRange("limits.max_connections_per_peer", limits.max_connections_per_peer(), kMaxConnections,
             violations);
  CheckRange("limits.max_watches_per_principal", limits.max_watches_per_principal(), kMaxWatches,
             violations);
}

void CheckLogLevel(const std::string& level, Violations& violations) {
  if (level != "debug" && level != "info" && level != "warn" && level != "error") {
    violations.Add("log_level",
                   absl::StrCat("must be debug, info, warn or error, is ", Quoted(level)));
  }
}

// Adds a violation for each name that an earlier element of `list` has too.
class UniqueNames {
 public:
  explicit UniqueNames(std::string list) : list_(std::move(list)) {}

  void Check(absl::string_view field, const std::string& name, size_t index,
             Violations& violations) {
    const auto [first, is_new] = first_.emplace(name, index);
    if (is_new || name.empty()) return;
    violations.Add(field, absl::StrCat("must be unique, ", Quoted(name), " is that of ",
                                       FieldPath(list_, first->second), " too"));
  }

 private:
  const std::string list_;
  std::map<std::string, size_t> first_;
};

void CheckTarget(const std::string& field, const v1::Target& target, Violations& violations) {
  CheckName(FieldPath(field, "id"), target.id(), violations);
  CheckText(FieldPath(field, "address"), target.address(), kMaxAddressBytes, violations);
  if (!target.version().empty()) {
    CheckVersion(FieldPath(field, "version"), target.version(), violations);
  }
}

// A request may give the address of a target that has none.
void CheckAddress(const std::string& field, const v1::Target& target, Violations& violations) {
  if (!target.address().empty()) CheckHostAddress(field, target.address(), violations);
}

void CheckTargets(const std::string& field, const config::v1::Service& service,
                  Violations& violations) {
  const std::string list = FieldPath(field, "targets");
  if (service.targets_size() > kMaxTargets) {
    violations.Add(list,
                   absl::StrCat("must be at most ", kMaxTargets, ", are ", service.targets_size()));
    return;
  }
  UniqueNames ids(list);
  const bool calls_urls = CallsUrlsOfTargets(service);
  for (int i = 0; i < service.targets_size(); ++i) {
    const std::string target = FieldPath(list, static_cast<size_t>(i));
    CheckTarget(target, service.targets(i), violations);
    if (calls_urls) CheckAddress(FieldPath(target, "address"), service.targets(i), violations);
    ids.Check(FieldPath(target, "id"), service.targets(i).id(), static_cast<size_t>(i), violations);
  }
}

// A service that could only ever refuse a deployment that names no strategy is a mistake.
void CheckHasTargets(const std::string& field, const config::v1::Service& service,
                     Violations& violations) {
  if (service.targets_size() > 0 || service.allow_request_targets()) return;
  if (!IsTargetBased(WithDefaults(service.strategy()))) return;
  violations.Add(FieldPath(field, "targets"),
                 absl::StrCat("must be given: ",
                              service.has_strategy() ? "the strategy" : "the default strategy",
                              " is target-based; list the targets, set allow_request_targets, or "
                              "choose a service-based strategy"));
}

void CheckService(const std::string& field, const config::v1::Service& service,
                  Violations& violations) {
  CheckName(FieldPath(field, "name"), service.name(), violations);
  if (!service.initial_version().empty()) {
    CheckVersion(FieldPath(field, "initial_version"), service.initial_version(), violations);
  }
  CheckTargets(field, service, violations);
  CheckHasTargets(field, service, violations);
  if (service.has_strategy()) {
    ValidateStrategy(service.strategy(), FieldPath(field, "strategy"), violations);
    if (LacksRouter(service.strategy(), service)) {
      violations.Add(FieldPath(field, FieldOf(service.strategy())), kNeedsRouter);
    }
  }
  ValidateOnFailure(service.on_failure(), FieldPath(field, "on_failure"), violations);
  if (service.has_progress_deadline()) {
    CheckDuration(FieldPath(field, "progress_deadline"), service.progress_deadline(),
                  kMaxProgressDeadline, violations);
  }
  CheckDrivers(field, service, violations);
}

}  // namespace

void ValidateConfig(const config::v1::Config& config, Violations& violations) {
  CheckListen(config, violations);
  CheckLimits(config.limits(), violations);
  CheckDuration("drain_grace", config.drain_grace(), kMaxDrainGrace, violations);
  if (FromProtoDuration(config.drain_notice()) != absl::ZeroDuration()) {
    CheckDuration("drain_notice", config.drain_notice(), kMaxDrainNotice, violations);
  }
  CheckHeartbeat(config.watch_heartbeat(), violations);
  if (!config.data_dir().empty() && config.data_dir()[0] != '/') {
    violations.Add("data_dir",
                   absl::StrCat("must be an absolute path, is ", Quoted(config.data_dir())));
  }
  CheckLogLevel(config.log_level(), violations);
  ValidateAccess(config.access(), violations);
  UniqueNames names("services");
  for (int i = 0; i < config.services_size(); ++i) {
    const std::string field = FieldPath("services", static_cast<size_t>(i));
    CheckService(field, config.services(i), violations);
    names.Check(FieldPath(field, "name"), config.services(i).name(), static_cast<size_t>(i),
                violations);
  }
}

}  // namespace sluice
