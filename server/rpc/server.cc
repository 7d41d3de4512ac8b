// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "rpc/server.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/status_macros.h"
#include "grpc/grpc.h"
#include "grpc/health/v1/health.pb.h"
#include "grpcpp/ext/proto_server_reflection_plugin.h"
#include "grpcpp/health_check_service_interface.h"
#include "grpcpp/impl/server_builder_option.h"
#include "grpcpp/impl/server_builder_plugin.h"
#include "grpcpp/resource_quota.h"
#include "grpcpp/server_posix.h"
#include "rpc/reset_limit.h"
#include "rpc/wire.h"

namespace sluice {
namespace {

constexpr int kMaxRequestBytes = 1 << 20;
// Twice what the command line needs, which pings every ten seconds, so that no jitter of the
// network makes an open watch look like a flood.
constexpr int kMinPingIntervalMs = 5'000;
constexpr int kMaxConnectionAgeMs = 6 * 60 * 60 * 1000;
constexpr int kConnectionAgeGraceMs = 10 * 60 * 1000;
// What the buffers of all connections may take together. gRPC takes in a message whole before it
// looks at its size; beyond this it gives up calls instead.
constexpr size_t kMaxBufferBytes = 512 << 20;
// Of gRPC's reflection, which takes one for each stream that is open.
constexpr int kMaxReflectionThreads = 16;
constexpr char kServiceName[] = "sluice.v1.DeploymentService";

void SetLimits(grpc::ServerBuilder& builder) {
  builder.SetMaxReceiveMessageSize(kMaxRequestBytes);
  builder.SetMaxSendMessageSize(kMaxAnswerBytes);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, CallGate::kMaxMetadataBytes);
  // What the reset guard reads; it is gRPC's default too.
  builder.AddChannelArgument(GRPC_ARG_ENABLE_CHANNELZ, 1);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMaxStreamsOfAConnection);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, 5000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                             kMinPingIntervalMs);
  // Whoever is connected shows their certificate anew now and then.
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS, kMaxConnectionAgeMs);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS, kConnectionAgeGraceMs);
  // A small message that unpacks to a huge one is refused with the encoding.
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_DEFLATE, false);
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_GZIP, false);
}

// Linking the reflection library turns it on; only an option can take it off again.
class WithoutReflection final : public grpc::ServerBuilderOption {
 public:
  void UpdateArguments(grpc::ChannelArguments*) override {}
  void UpdatePlugins(std::vector<std::unique_ptr<grpc::ServerBuilderPlugin>>* plugins) override {
    const auto is_reflection = [](const std::unique_ptr<grpc::ServerBuilderPlugin>& plugin) {
      return plugin->name() == "proto_server_reflection";
    };
    plugins->erase(std::remove_if(plugins->begin(), plugins->end(), is_reflection), plugins->end());
  }
};

void EnableReflection() {
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  // Reflection can describe Health only when its descriptor is linked in.
  grpc::health::v1::HealthCheckRequest::descriptor();
}

void SetHealth(grpc::Server& server, bool serving) {
  grpc::HealthCheckServiceInterface* health = server.GetHealthCheckService();
  health->SetServingStatus(serving);
  health->SetServingStatus(kServiceName, serving);
}

// Systemd's sockets take the place of those that would be made.
absl::Status AdoptInherited(ServerOptions& options, std::vector<Listener>& listeners) {
  for (UniqueFd& fd : options.inherited) {
    SLUICE_ASSIGN_OR_RETURN(Listener listener, Listener::Adopt(std::move(fd)));
    if (listener.is_unix()) {
      options.unix_socket.clear();
    } else {
      options.tcp.reset();
    }
    listeners.push_back(std::move(listener));
  }
  return absl::OkStatus();
}

// Two daemons that start at once must not take the path from each other.
absl::StatusOr<LockFile> LockSocket(const std::string& socket) {
  absl::StatusOr<LockFile> lock = LockFile::Acquire(absl::StrCat(socket, ".lock"));
  if (lock.ok()) return lock;
  const std::string why(lock.status().message());
  if (absl::IsAlreadyExists(lock.status())) {
    return absl::AlreadyExistsError(absl::StrCat("another daemon (", why, ") listens on ", socket));
  }
  return absl::FailedPreconditionError(
      absl::StrCat(why, "; create the directory, or choose another socket with --socket"));
}

absl::Status CheckIsClosed(const Listener& listener) {
  if (listener.is_local()) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      "others reach ", listener.address(), ", which has no TLS: configure listen.tls, ",
      "or set insecure_listen where the network is trusted"));
}

// The library stays as it is until the process ends: its own shutdown waits for ever for a thread
// that it could not start while there were none to be had.
void KeepLibrary() {
  static const bool kept = [] {
    grpc_init();
    return true;
  }();
  static_cast<void>(kept);
}

}  // namespace

absl::StatusOr<std::unique_ptr<RpcServer>> RpcServer::Start(ServerOptions options,
                                                            const ServerContext& context) {
  KeepLibrary();
  std::unique_ptr<RpcServer> self(new RpcServer(options, context));
  SLUICE_ASSIGN_OR_RETURN(self->listeners_, self->Listen(options));
  SLUICE_RETURN_IF_ERROR(self->Serve(options));
  SLUICE_RETURN_IF_ERROR(self->hub_.Start());
  SetHealth(*self->server_, true);
  return self;
}

RpcServer::RpcServer(const ServerOptions& options, const ServerContext& context)
    : context_(context),
      connections_(context.clock, WithinDescriptors(options.limits)),
      gate_(context.access, context.audit, connections_, context.clock),
      hub_(
          context.registry, context.clock,
          {.most_of_one = options.max_watches_per_principal, .heartbeat = options.watch_heartbeat}),
      service_(context.manager, context.registry, hub_, gate_, context.backups, context.info),
      accept_pulse_(std::make_shared<Pulse>(context.clock)) {}

absl::StatusOr<std::vector<Listener>> RpcServer::Listen(ServerOptions& options) {
  std::vector<Listener> listeners;
  SLUICE_RETURN_IF_ERROR(AdoptInherited(options, listeners));
  if (!options.unix_socket.empty()) {
    if (options.make_socket_directory) {
      SLUICE_RETURN_IF_ERROR(MakeSocketDirectory(options.unix_socket));
    }
    SLUICE_ASSIGN_OR_RETURN(socket_lock_, LockSocket(options.unix_socket));
    SLUICE_ASSIGN_OR_RETURN(Listener listener, Listener::OnUnixSocket(options.unix_socket));
    listeners.push_back(std::move(listener));
  }
  if (options.tcp.has_value()) {
    SLUICE_ASSIGN_OR_RETURN(std::vector<Listener> more, Listener::OnTcp(*options.tcp));
    for (Listener& listener : more) listeners.push_back(std::move(listener));
  }
  const bool may_be_open = options.insecure_listen || context_.certificates != nullptr;
  for (const Listener& listener : listeners) {
    if (!may_be_open) SLUICE_RETURN_IF_ERROR(CheckIsClosed(listener));
    addresses_.push_back(listener.address());
  }
  return listeners;
}

absl::Status RpcServer::Serve(const ServerOptions& options) {
  grpc::EnableDefaultHealthCheckService(true);
  if (options.reflection) EnableReflection();
  grpc::ServerBuilder builder;
  if (!options.reflection) builder.SetOption(std::make_unique<WithoutReflection>());
  SetLimits(builder);
  builder.SetResourceQuota(
      grpc::ResourceQuota().Resize(kMaxBufferBytes).SetMaxThreads(kMaxReflectionThreads));
  builder.RegisterService(&service_);
  credentials_ = context_.certificates == nullptr
                     ? grpc::InsecureServerCredentials()
                     : MakeTlsCredentials(*context_.certificates, options.client_certificate);
  if (std::any_of(listeners_.begin(), listeners_.end(),
                  [](const Listener& listener) { return !listener.is_unix(); })) {
    using Experimental = grpc::ServerBuilder::experimental_type;
    tcp_ = builder.experimental().AddExternalConnectionAcceptor(
        Experimental::ExternalConnectionType::FROM_FD, credentials_);
  }
  server_ = builder.BuildAndStart();
  return server_ == nullptr ? absl::InternalError("gRPC cannot serve") : absl::OkStatus();
}

// A Unix connection goes in as a bare descriptor, by whose number its calls then tell who they come
// from; gRPC has no name for the other end.
absl::Status RpcServer::Accept() {
  const auto hand_over = [this](const Listener& listener, int fd) {
    if (listener.is_unix()) return grpc::AddInsecureChannelFromFd(server_.get(), fd);
    grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters connection;
    connection.listener_fd = listener.fd();
    connection.fd = fd;
    tcp_->HandleNewConnection(&connection);
  };
  SLUICE_ASSIGN_OR_RETURN(acceptor_, Acceptor::Start(std::exchange(listeners_, {}), connections_,
                                                     context_.clock, accept_pulse_, hand_over));
  SLUICE_ASSIGN_OR_RETURN(reset_guard_, ResetGuard::Start(connections_, context_.clock));
  return absl::OkStatus();
}

RpcServer::~RpcServer() {
  if (server_ != nullptr) Shutdown(absl::ZeroDuration());
}

void RpcServer::SetServing(bool serving) { SetHealth(*server_, serving); }

void RpcServer::Shutdown(absl::Duration grace) {
  hub_.Close();
  reset_guard_ = nullptr;
  // Before gRPC shuts down, which leaks the connections that it is given then.
  acceptor_ = nullptr;
  server_->Shutdown(absl::ToChronoTime(absl::Now() + grace));
  server_->Wait();
}

}  // namespace sluice
