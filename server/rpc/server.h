// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The gRPC server with everything that it serves: the deployment service, health and reflection.
// Owns the listeners. Used by app.

#ifndef SLUICE_RPC_SERVER_H_
#define SLUICE_RPC_SERVER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "engine/deployment_manager.h"
#include "engine/registry.h"
#include "grpcpp/server.h"
#include "rpc/deployment_service.h"
#include "rpc/socket_lock.h"
#include "rpc/watch_hub.h"

namespace sluice {

struct ServerOptions {
  std::string unix_socket;  // a path; empty: none
  std::string tcp;          // host:port; empty: none. Port 0 takes a free one
  bool reflection = true;
};

class RpcServer {
 public:
  // Listens and serves, with health SERVING. Fails when an address is taken, also by another daemon
  // on the same socket.
  static absl::StatusOr<std::unique_ptr<RpcServer>> Start(const ServerOptions& options,
                                                          DeploymentManager& manager,
                                                          Registry& registry);
  ~RpcServer();

  // The bound TCP port; 0 without TCP.
  int tcp_port() const { return tcp_port_; }

  // Health says NOT_SERVING from now on; calls are still answered.
  void StopServing();
  // Ends the watch streams, waits up to `grace` for calls that run, then cuts them off. The
  // registry must be closed before, so that the hub's thread ends.
  void Shutdown(absl::Duration grace);

 private:
  RpcServer() = default;

  std::unique_ptr<SocketLock> socket_lock_;
  std::unique_ptr<WatchHub> hub_;
  std::unique_ptr<DeploymentService> service_;
  std::unique_ptr<grpc::Server> server_;
  int tcp_port_ = 0;
};

}  // namespace sluice

#endif  // SLUICE_RPC_SERVER_H_
