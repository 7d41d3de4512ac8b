// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The load driver: one thread with a completion queue keeps a number of unary calls in flight, or
// reads many streams. It sends and receives bytes, so that its own work is the same whatever server
// it faces.

#ifndef SLUICE_TESTS_BENCH_LOAD_H_
#define SLUICE_TESTS_BENCH_LOAD_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/message_lite.h"
#include "grpcpp/channel.h"
#include "grpcpp/completion_queue.h"
#include "grpcpp/support/byte_buffer.h"

namespace sluice::bench {

grpc::ByteBuffer Encode(const google::protobuf::MessageLite& message);
// A channel with a connection of its own.
std::shared_ptr<grpc::Channel> Connect(const std::string& address);

struct Load {
  std::string method;  // "/package.Service/Method"
  // The bytes of the n-th call.
  std::function<grpc::ByteBuffer(int64_t n)> request;
  int in_flight = 1;
  absl::Duration warm_up = absl::Milliseconds(200);
  absl::Duration duration = absl::Seconds(1);
};

// Completed calls per second after the warm-up. Fails when a call does.
absl::StatusOr<double> CallsPerSecond(const std::string& address, const Load& load);

// Server streams that are all read all the time. Single-threaded.
class StreamReaders {
 public:
  struct Options {
    std::string method;
    grpc::ByteBuffer request;
    int streams = 1000;
    int connections = 10;
  };

  StreamReaders(const std::string& address, const Options& options);
  // Cancels the streams and waits for their ends.
  ~StreamReaders();

  // Until `messages` more have come, over all streams.
  absl::Status Await(int64_t messages);

 private:
  class Stream;

  grpc::CompletionQueue queue_;
  std::vector<std::unique_ptr<Stream>> streams_;
};

}  // namespace sluice::bench

#endif  // SLUICE_TESTS_BENCH_LOAD_H_
