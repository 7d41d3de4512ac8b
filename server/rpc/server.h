// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The gRPC server with everything that it serves: the deployment service, health and reflection.
// Owns the listeners, and accepts for gRPC. Used by app.

#ifndef SLUICE_RPC_SERVER_H_
#define SLUICE_RPC_SERVER_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "auth/access_control.h"
#include "auth/audit_trail.h"
#include "auth/certificate_files.h"
#include "base/clock.h"
#include "base/lock_file.h"
#include "base/unique_fd.h"
#include "engine/backups.h"
#include "engine/deployment_manager.h"
#include "engine/registry.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "rpc/acceptor.h"
#include "rpc/call_gate.h"
#include "rpc/connection_table.h"
#include "rpc/deployment_service.h"
#include "rpc/listen_address.h"
#include "rpc/listener.h"
#include "rpc/reset_guard.h"
#include "rpc/self_check.h"
#include "rpc/tls_credentials.h"
#include "rpc/watch_hub.h"
#include "sluice/v1/deployment_service.pb.h"

namespace sluice {

struct ServerOptions {
  std::string unix_socket;  // a path; empty: none
  bool make_socket_directory = false;
  std::optional<ListenAddress> tcp;  // port 0 takes a free one
  // Sockets that listen already: each takes the place of the above of its kind.
  std::vector<UniqueFd> inherited;
  // A TCP address that others reach may be served without TLS.
  bool insecure_listen = false;
  ClientCertificate client_certificate = ClientCertificate::kNotAsked;
  ConnectionLimits limits;
  size_t max_watches_per_principal = 2000;
  bool reflection = true;
  // An open watch gets a message at least this often.
  absl::Duration watch_heartbeat = absl::Seconds(30);
};

// What the server stands on; all of it outlives the server.
struct ServerContext {
  Clock& clock;
  DeploymentManager& manager;
  Registry& registry;
  const AccessControl& access;
  AuditTrail* audit = nullptr;                     // null: nothing is recorded
  const CertificateFiles* certificates = nullptr;  // null: no TLS
  Backups* backups = nullptr;                      // null: records are in memory
  v1::ServerInfo info = {};                        // without what changes while it serves
};

class RpcServer {
 public:
  // Listens, with health SERVING; connections wait until Accept. Fails when an address is taken,
  // also by another daemon on the same socket, and when a TCP address is open to others without
  // TLS.
  static absl::StatusOr<std::unique_ptr<RpcServer>> Start(ServerOptions options,
                                                          const ServerContext& context);
  ~RpcServer();

  // Lets in who has connected since Start, and whoever comes. Once.
  absl::Status Accept();

  // Where it listens: "unix:/run/sluice/sluice.sock", "127.0.0.1:7400".
  const std::vector<std::string>& addresses() const { return addresses_; }

  // Ends the streams of those who may no longer watch. To be called when tokens or grants have
  // changed, and now and then, since tokens expire.
  void CheckWatchers() { hub_.Check(); }

  // For a thread that watches over this server. To be closed before Shutdown.
  std::unique_ptr<SelfCheck> MakeSelfCheck() {
    return std::make_unique<SelfCheck>(*server_, accept_pulse_);
  }

  // What health says from now on; calls are answered in any case.
  void SetServing(bool serving);
  // Ends the watch streams, waits up to `grace` for calls that run, then cuts them off. The
  // registry must be closed before, so that the hub's thread ends.
  void Shutdown(absl::Duration grace);

 private:
  RpcServer(const ServerOptions& options, const ServerContext& context);
  absl::StatusOr<std::vector<Listener>> Listen(ServerOptions& options);
  absl::Status Serve(const ServerOptions& options);

  const ServerContext context_;
  ConnectionTable connections_;
  const CallGate gate_;
  WatchHub hub_;
  DeploymentService service_;
  std::vector<Listener> listeners_;  // until Accept
  std::vector<std::string> addresses_;
  std::optional<LockFile> socket_lock_;
  std::shared_ptr<grpc::ServerCredentials> credentials_;
  std::unique_ptr<grpc::Server> server_;
  // Where gRPC takes TCP connections from us.
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> tcp_;
  const std::shared_ptr<Pulse> accept_pulse_;
  std::unique_ptr<Acceptor> acceptor_;
  std::unique_ptr<ResetGuard> reset_guard_;
};

}  // namespace sluice

#endif  // SLUICE_RPC_SERVER_H_
