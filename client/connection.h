// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The way to the daemon: where it listens, and calls with a deadline. Used by every verb.
// Thread-safe, as gRPC's stubs are.

#ifndef SLUICE_CLIENT_CONNECTION_H_
#define SLUICE_CLIENT_CONNECTION_H_

#include <chrono>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/credentials.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "sluice/v1/deployment_service.grpc.pb.h"

namespace sluice::client {

inline constexpr char kDefaultAddress[] = "unix:/run/sluice/sluice.sock";

// The first that is not empty: `flag`, SLUICE_ADDRESS, the default socket. Accepts host:port,
// unix:PATH and a path that begins with a slash; anything else, and a path that is too long for a
// socket, is a usage error, whose text leaves it to the caller to name the setting.
absl::StatusOr<std::string> ResolveAddress(const std::string& flag, const char* environment);

class Connection {
 public:
  using Deployments = v1::DeploymentService::Stub;

  // `timeout` bounds each single call, not the streams. Connects with the first call.
  Connection(const std::string& address, absl::Duration timeout, Credentials credentials = {});

  const std::string& address() const { return address_; }
  absl::Duration timeout() const { return timeout_; }
  bool tls() const { return credentials_.tls(); }
  Deployments& deployments() { return *deployments_; }

  // Connection::Call(&Connection::Deployments::GetState, request, state)
  template <class Request, class Response>
  grpc::Status Call(grpc::Status (Deployments::*method)(grpc::ClientContext*, const Request&,
                                                        Response*),
                    const Request& request, Response& response) {
    return Call(method, request, response, timeout_);
  }
  // The same with a timeout of its own.
  template <class Request, class Response>
  grpc::Status Call(grpc::Status (Deployments::*method)(grpc::ClientContext*, const Request&,
                                                        Response*),
                    const Request& request, Response& response, absl::Duration timeout) {
    grpc::ClientContext context;
    SetDeadline(context, timeout);
    Authorize(context);
    return ((*deployments_).*method)(&context, request, &response);
  }

  // Adds the token, if there is one; for calls that are made through deployments().
  void Authorize(grpc::ClientContext& context) const;

  // grpc.health.v1 for a service; "" is the whole daemon.
  grpc::Status CheckHealth(const std::string& service,
                           grpc::health::v1::HealthCheckResponse& answer);

 private:
  static void SetDeadline(grpc::ClientContext& context, absl::Duration timeout);

  std::string address_;
  absl::Duration timeout_;
  Credentials credentials_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<Deployments> deployments_;
  std::unique_ptr<grpc::health::v1::Health::Stub> health_;
};

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_CONNECTION_H_
