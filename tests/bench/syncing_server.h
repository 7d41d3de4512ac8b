// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The limit of a durable Deploy: a server on the same API of gRPC that does nothing but bring bytes
// to the disk, on a thread of its own as no call may wait in a reaction, and answer.

#ifndef SLUICE_TESTS_BENCH_SYNCING_SERVER_H_
#define SLUICE_TESTS_BENCH_SYNCING_SERVER_H_

#include <memory>
#include <string>

#include "grpcpp/server.h"
#include "grpcpp/support/byte_buffer.h"

namespace sluice::bench {

// Thread-safe.
class SyncingServer final {
 public:
  // Serves Deploy of sluice.v1.DeploymentService on `socket`, one call after the other, answering
  // `message`. Each call overwrites 4 KB of `file` and syncs it, as a commit does in a log that was
  // allocated before.
  SyncingServer(const std::string& socket, const grpc::ByteBuffer& message,
                const std::string& file);
  // There must be no call under way.
  ~SyncingServer();

 private:
  class Service;

  const std::unique_ptr<Service> service_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace sluice::bench

#endif  // SLUICE_TESTS_BENCH_SYNCING_SERVER_H_
