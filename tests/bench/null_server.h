// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The limit that Sluice is held against: a server on the same API of gRPC that does nothing but
// answer. Every unary call gets the same bytes, every stream as many of them as it is told to send.

#ifndef SLUICE_TESTS_BENCH_NULL_SERVER_H_
#define SLUICE_TESTS_BENCH_NULL_SERVER_H_

#include <memory>
#include <set>
#include <string>

#include "base/mutex.h"
#include "grpcpp/server.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/server_callback.h"
#include "sluice/v1/deployment_service.grpc.pb.h"

namespace sluice::bench {

// Thread-safe.
class NullServer final {
 public:
  // Serves GetState, Deploy and WatchStates of sluice.v1.DeploymentService on `socket`, answering
  // `message`.
  NullServer(const std::string& socket, const grpc::ByteBuffer& message);
  // Cuts off what still runs.
  ~NullServer();

  // Sends `messages` on each open stream, each as soon as the one before it is written.
  void Send(int messages);

 private:
  class Stream;
  using Base = v1::DeploymentService::WithRawCallbackMethod_GetState<
      v1::DeploymentService::WithRawCallbackMethod_Deploy<
          v1::DeploymentService::WithRawCallbackMethod_WatchStates<
              v1::DeploymentService::Service>>>;
  class Service;

  const std::unique_ptr<Service> service_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace sluice::bench

#endif  // SLUICE_TESTS_BENCH_NULL_SERVER_H_
