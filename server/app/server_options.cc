// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "app/server_options.h"

#include <algorithm>
#include <cstddef>
#include <string>

#include "app/config.h"
#include "base/descriptor_limit.h"
#include "base/status_macros.h"
#include "base/timestamp.h"
#include "rpc/listen_address.h"
#include "spdlog/spdlog.h"

namespace sluice {
namespace {

// What is open without any connection or call: the log, the records, the listeners, gRPC's own.
constexpr size_t kOwnDescriptors = 32;
// Of a command, while it is started: its process, its two outputs' two ends, what cancels it.
constexpr size_t kDescriptorsPerCall = 6;

constexpr char kNoSocket[] = "none";

std::string SocketOf(const config::v1::Listen& listen) {
  return listen.unix_socket() == kNoSocket ? "" : listen.unix_socket();
}

ClientCertificate AskedOf(const config::v1::Tls& tls) {
  if (tls.client_ca_file().empty()) return ClientCertificate::kNotAsked;
  return tls.client_certificate_optional() ? ClientCertificate::kOptional
                                           : ClientCertificate::kRequired;
}

ConnectionLimits ConnectionLimitsOf(const config::v1::Limits& limits) {
  return {.total = static_cast<size_t>(limits.max_connections()),
          .per_peer = static_cast<size_t>(limits.max_connections_per_peer())};
}

// As many as find descriptors beside the connections and the daemon's own.
int CallsWithinDescriptors(const config::v1::Limits& limits) {
  const size_t all = DescriptorLimit();
  const size_t connections = WithinDescriptors(ConnectionLimitsOf(limits)).total;
  const size_t left = all - std::min(all, connections);
  const size_t calls = (left - std::min(left / 2, kOwnDescriptors)) / kDescriptorsPerCall;
  return static_cast<int>(std::clamp<size_t>(calls, 1, limits.max_target_calls()));
}

}  // namespace

EngineLimits EngineLimitsOf(const config::v1::Limits& limits) {
  return {.max_active_deployments = limits.max_active_deployments(),
          .max_pending_deployments = limits.max_pending_deployments(),
          .max_target_calls = CallsWithinDescriptors(limits),
          .max_unconfigured_services = static_cast<size_t>(limits.max_unconfigured_services())};
}

absl::StatusOr<ServerOptions> ServerOptionsOf(const config::v1::Config& config) {
  const config::v1::Listen& listen = config.listen();
  ServerOptions options;
  options.unix_socket = SocketOf(listen);
  options.make_socket_directory = options.unix_socket == kDefaultSocket;
  if (!listen.tcp().empty()) {
    SLUICE_ASSIGN_OR_RETURN(options.tcp, ParseListenAddress(listen.tcp()));
  }
  options.insecure_listen = listen.insecure_listen();
  options.client_certificate = AskedOf(listen.tls());
  options.limits = ConnectionLimitsOf(config.limits());
  options.max_watches_per_principal =
      static_cast<size_t>(config.limits().max_watches_per_principal());
  options.reflection = config.reflection();
  options.watch_heartbeat = FromProtoDuration(config.watch_heartbeat());
  return options;
}

void WarnOfFewDescriptors(const config::v1::Limits& limits) {
  const int calls = EngineLimitsOf(limits).max_target_calls;
  if (calls == limits.max_target_calls()) return;
  spdlog::warn(
      "event=target_calls_limited calls={} max_target_calls={} message=\"{} open files are too few "
      "for more at the same time; raise the limit (LimitNOFILE, ulimit -n)\"",
      calls, limits.max_target_calls(), DescriptorLimit());
}

void WarnOfOpenAddress(const config::v1::Config& config) {
  const config::v1::Listen& listen = config.listen();
  if (listen.tcp().empty() || listen.has_tls()) return;
  const absl::StatusOr<ListenAddress> address = ParseListenAddress(listen.tcp());
  if (!address.ok() || IsLoopback(*address)) return;
  spdlog::warn("event=insecure_listen address={} message=\"{}\"", listen.tcp(),
               config.has_access() ? "what is sent there, tokens too, can be read on the way"
                                   : "anybody who reaches this address can deploy");
}

}  // namespace sluice
