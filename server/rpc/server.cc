// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "rpc/server.h"

#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/status_macros.h"
#include "grpc/health/v1/health.pb.h"
#include "grpcpp/ext/proto_server_reflection_plugin.h"
#include "grpcpp/health_check_service_interface.h"
#include "grpcpp/impl/server_builder_option.h"
#include "grpcpp/impl/server_builder_plugin.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server_builder.h"

namespace sluice {
namespace {

constexpr int kMaxRequestBytes = 1 << 20;
constexpr int kMaxMetadataBytes = 16 * 1024;
constexpr char kServiceName[] = "sluice.v1.DeploymentService";

void SetLimits(grpc::ServerBuilder& builder) {
  builder.SetMaxReceiveMessageSize(kMaxRequestBytes);
  builder.SetMaxSendMessageSize(-1);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadataBytes);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, 1000);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, 5000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 5000);
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

}  // namespace

absl::StatusOr<std::unique_ptr<RpcServer>> RpcServer::Start(const ServerOptions& options,
                                                            DeploymentManager& manager,
                                                            Registry& registry) {
  std::unique_ptr<RpcServer> self(new RpcServer);
  if (!options.unix_socket.empty()) {
    SLUICE_ASSIGN_OR_RETURN(self->socket_lock_, SocketLock::Acquire(options.unix_socket));
  }
  self->hub_ = std::make_unique<WatchHub>(registry);
  self->service_ = std::make_unique<DeploymentService>(manager, registry, *self->hub_);
  grpc::EnableDefaultHealthCheckService(true);
  if (options.reflection) EnableReflection();
  grpc::ServerBuilder builder;
  if (!options.reflection) builder.SetOption(std::make_unique<WithoutReflection>());
  SetLimits(builder);
  const auto credentials = grpc::InsecureServerCredentials();
  if (!options.unix_socket.empty()) {
    builder.AddListeningPort(absl::StrCat("unix:", options.unix_socket), credentials);
  }
  if (!options.tcp.empty()) builder.AddListeningPort(options.tcp, credentials, &self->tcp_port_);
  builder.RegisterService(self->service_.get());
  // The socket is for its owner and group alone.
  const mode_t mask = umask(0117);
  self->server_ = builder.BuildAndStart();
  umask(mask);
  if (self->server_ == nullptr) {
    return absl::UnavailableError(absl::StrCat("cannot listen on ", options.unix_socket,
                                               options.tcp.empty() ? "" : " and ", options.tcp,
                                               "; is the address taken?"));
  }
  SLUICE_RETURN_IF_ERROR(self->hub_->Start());
  SetHealth(*self->server_, true);
  return self;
}

RpcServer::~RpcServer() {
  if (server_ != nullptr) Shutdown(absl::ZeroDuration());
}

void RpcServer::StopServing() { SetHealth(*server_, false); }

void RpcServer::Shutdown(absl::Duration grace) {
  hub_->Close();
  server_->Shutdown(absl::ToChronoTime(absl::Now() + grace));
  server_->Wait();
}

}  // namespace sluice
