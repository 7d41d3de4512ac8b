// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "client/connection.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"

namespace sluice::client {
namespace {

// Calls that may be repeated: reads, and those that carry a request id.
constexpr char kServiceConfig[] = R"({"methodConfig": [{
  "name": [{"service": "sluice.v1.DeploymentService", "method": "Deploy"},
           {"service": "sluice.v1.DeploymentService", "method": "Rollback"},
           {"service": "sluice.v1.DeploymentService", "method": "GetState"},
           {"service": "sluice.v1.DeploymentService", "method": "ListStates"},
           {"service": "sluice.v1.DeploymentService", "method": "ListServices"},
           {"service": "sluice.v1.DeploymentService", "method": "PlanDeployment"}],
  "retryPolicy": {"maxAttempts": 3, "initialBackoff": "0.1s", "maxBackoff": "0.5s",
                  "backoffMultiplier": 2, "retryableStatusCodes": ["UNAVAILABLE"]}}]})";

bool IsHostPort(const std::string& address) {
  const size_t colon = address.rfind(':');
  int port = 0;
  return colon != std::string::npos && colon > 0 &&
         absl::SimpleAtoi(address.substr(colon + 1), &port) && port > 0 && port <= 65535;
}

grpc::ChannelArguments ChannelArguments() {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(-1);
  arguments.SetServiceConfigJSON(kServiceConfig);
  // A proxy is for the web; the daemon is asked directly.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  // A watch finds a restarted daemon soon.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 200);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 200);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 2000);
  return arguments;
}

}  // namespace

absl::StatusOr<std::string> ResolveAddress(const std::string& flag, const char* environment) {
  std::string address = flag;
  if (address.empty() && environment != nullptr) address = environment;
  if (address.empty()) return std::string(kDefaultAddress);
  if (address[0] == '/') return absl::StrCat("unix:", address);
  absl::string_view path = address;
  if (absl::ConsumePrefix(&path, "unix:")) {
    if (!path.empty()) return address;
  } else if (IsHostPort(address)) {
    return address;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("\"", address, "\" is not an address; write host:port or unix:/path/to/socket"));
}

Connection::Connection(const std::string& address, absl::Duration timeout)
    : address_(address),
      timeout_(timeout),
      channel_(grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(),
                                         ChannelArguments())),
      deployments_(v1::DeploymentService::NewStub(channel_)),
      health_(grpc::health::v1::Health::NewStub(channel_)) {}

grpc::Status Connection::CheckHealth(const std::string& service,
                                     grpc::health::v1::HealthCheckResponse& answer) {
  grpc::ClientContext context;
  SetDeadline(context);
  grpc::health::v1::HealthCheckRequest request;
  request.set_service(service);
  return health_->Check(&context, request, &answer);
}

void Connection::SetDeadline(grpc::ClientContext& context) const {
  context.set_deadline(std::chrono::system_clock::now() + absl::ToChronoMilliseconds(timeout_));
}

}  // namespace sluice::client
