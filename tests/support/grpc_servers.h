// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// gRPC servers on loopback that targets serve: an agent and a health service, whose answers the
// test gives. Handlers run on gRPC's threads.

#ifndef SLUICE_TESTS_SUPPORT_GRPC_SERVERS_H_
#define SLUICE_TESTS_SUPPORT_GRPC_SERVERS_H_

#include <grpcpp/grpcpp.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "sluice/agent/v1/agent_service.grpc.pb.h"

namespace sluice::testing_support {

// Until the client gives up or the server stops.
inline grpc::Status HangUntilCancelled(grpc::ServerContext* context) {
  while (!context->IsCancelled()) absl::SleepFor(absl::Milliseconds(10));
  return grpc::Status(grpc::StatusCode::CANCELLED, "given up");
}

class FakeAgent final : public agent::v1::AgentService::Service {
 public:
  using Apply = std::function<grpc::Status(
      grpc::ServerContext*, const agent::v1::ApplyVersionRequest&, std::string* output)>;

  explicit FakeAgent(Apply apply, std::string version = "1.0.0")
      : apply_(std::move(apply)), version_(std::move(version)) {}

  grpc::Status ApplyVersion(grpc::ServerContext* context,
                            const agent::v1::ApplyVersionRequest* request,
                            agent::v1::ApplyVersionResponse* response) override {
    return apply_(context, *request, response->mutable_output());
  }
  grpc::Status ReportVersion(grpc::ServerContext* /*context*/,
                             const agent::v1::ReportVersionRequest* /*request*/,
                             agent::v1::ReportVersionResponse* response) override {
    response->set_version(version_);
    return grpc::Status::OK;
  }

 private:
  const Apply apply_;
  const std::string version_;
};

class FakeHealth final : public grpc::health::v1::Health::Service {
 public:
  using Answer = std::function<grpc::Status(grpc::ServerContext*, const std::string& service,
                                            grpc::health::v1::HealthCheckResponse*)>;

  explicit FakeHealth(Answer answer) : answer_(std::move(answer)) {}

  grpc::Status Check(grpc::ServerContext* context,
                     const grpc::health::v1::HealthCheckRequest* request,
                     grpc::health::v1::HealthCheckResponse* response) override {
    return answer_(context, request->service(), response);
  }

 private:
  const Answer answer_;
};

// Serves `service` until it goes out of scope; running calls are cancelled then.
class LoopbackGrpcServer {
 public:
  explicit LoopbackGrpcServer(std::unique_ptr<grpc::Service> service)
      : service_(std::move(service)) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(service_.get());
    server_ = builder.BuildAndStart();
  }
  ~LoopbackGrpcServer() { server_->Shutdown(std::chrono::system_clock::now()); }

  std::string address() const { return absl::StrCat("127.0.0.1:", port_); }

 private:
  const std::unique_ptr<grpc::Service> service_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace sluice::testing_support

#endif  // SLUICE_TESTS_SUPPORT_GRPC_SERVERS_H_
