// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "client/connection.h"

#include <sys/un.h>

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/violations.h"
#include "grpcpp/create_channel.h"

namespace sluice::client {
namespace {

// Calls that may be repeated: reads, and those that carry a request id. gRPC's server answers
// CANCELLED to calls that come in while it ends.
constexpr char kServiceConfig[] = R"({"methodConfig": [{
  "name": [{"service": "sluice.v1.DeploymentService", "method": "Deploy"},
           {"service": "sluice.v1.DeploymentService", "method": "Rollback"},
           {"service": "sluice.v1.DeploymentService", "method": "GetState"},
           {"service": "sluice.v1.DeploymentService", "method": "ListStates"},
           {"service": "sluice.v1.DeploymentService", "method": "ListServices"},
           {"service": "sluice.v1.DeploymentService", "method": "GetServerInfo"},
           {"service": "sluice.v1.DeploymentService", "method": "PlanDeployment"}],
  "retryPolicy": {"maxAttempts": 3, "initialBackoff": "0.1s", "maxBackoff": "0.5s",
                  "backoffMultiplier": 2, "retryableStatusCodes": ["UNAVAILABLE", "CANCELLED"]}}]})";

constexpr size_t kMaxSocketPathBytes = sizeof(sockaddr_un::sun_path) - 1;

// A name, an IPv4 address, or an IPv6 address in brackets.
bool IsHost(absl::string_view host) {
  if (absl::ConsumePrefix(&host, "[")) {
    return absl::ConsumeSuffix(&host, "]") && absl::StrContains(host, ":") &&
           host.find_first_of("[]/ ") == absl::string_view::npos;
  }
  return !host.empty() && host.find_first_of(":/[], ") == absl::string_view::npos;
}

bool IsHostPort(absl::string_view address) {
  const size_t colon = address.rfind(':');
  int port = 0;
  return colon != absl::string_view::npos && IsHost(address.substr(0, colon)) &&
         absl::SimpleAtoi(address.substr(colon + 1), &port) && port > 0 && port <= 65535;
}

absl::StatusOr<std::string> SocketAddress(absl::string_view path) {
  // unix:///path is a URI too.
  if (absl::StartsWith(path, "///")) path.remove_prefix(2);
  if (path.size() > kMaxSocketPathBytes) {
    return absl::InvalidArgumentError(absl::StrCat("the path of a Unix socket must have at most ",
                                                   kMaxSocketPathBytes, " bytes, this one has ",
                                                   path.size(), ": ", Quoted(path)));
  }
  // The address is a URI to gRPC.
  if (absl::StartsWith(path, "//") || path.find_first_of("%?#") != absl::string_view::npos) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the path of a Unix socket must not begin with // nor contain %, ? or #: ", Quoted(path)));
  }
  return absl::StrCat("unix:", path);
}

grpc::ChannelArguments ChannelArguments() {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(-1);
  arguments.SetServiceConfigJSON(kServiceConfig);
  // A proxy is for the web; the daemon is asked directly.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  // A watch finds out soon that its daemon has stopped, or is cut off. The daemon takes a ping
  // every five seconds.
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 10'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 5'000);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  // And finds a restarted one. In spite of its name the minimum is not about pauses: it is the time
  // that one attempt has, TCP's and TLS's handshakes included.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 200);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 2000);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 20'000);
  return arguments;
}

}  // namespace

absl::StatusOr<std::string> ResolveAddress(const std::string& flag, const char* environment) {
  std::string address = flag;
  if (address.empty() && environment != nullptr) address = environment;
  if (address.empty()) return std::string(kDefaultAddress);
  absl::string_view path = address;
  if (absl::ConsumePrefix(&path, "unix:") || path[0] == '/') {
    if (!path.empty()) return SocketAddress(path);
  } else if (IsHostPort(address)) {
    return address;
  }
  return absl::InvalidArgumentError(
      absl::StrCat(Quoted(address), " is not an address; write host:port or unix:/path/to/socket"));
}

Connection::Connection(const std::string& address, absl::Duration timeout, Credentials credentials)
    : address_(address),
      timeout_(timeout),
      credentials_(std::move(credentials)),
      channel_(grpc::CreateCustomChannel(address, credentials_.ForChannel(), ChannelArguments())),
      deployments_(v1::DeploymentService::NewStub(channel_)),
      health_(grpc::health::v1::Health::NewStub(channel_)) {}

grpc::Status Connection::CheckHealth(const std::string& service,
                                     grpc::health::v1::HealthCheckResponse& answer) {
  grpc::ClientContext context;
  SetDeadline(context, timeout_);
  grpc::health::v1::HealthCheckRequest request;
  request.set_service(service);
  return health_->Check(&context, request, &answer);
}

void Connection::Authorize(grpc::ClientContext& context) const {
  if (credentials_.token.empty()) return;
  context.AddMetadata("authorization", absl::StrCat("Bearer ", credentials_.token));
}

void Connection::SetDeadline(grpc::ClientContext& context, absl::Duration timeout) {
  context.set_deadline(std::chrono::system_clock::now() + absl::ToChronoMilliseconds(timeout));
}

}  // namespace sluice::client
