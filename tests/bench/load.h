// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The load driver: one thread with a completion queue keeps a number of unary calls in flight, or
// reads many streams. It sends and receives bytes, so that its own work is the same whatever server
// it faces.

#ifndef SLUICE_TESTS_BENCH_LOAD_H_
#define SLUICE_TESTS_BENCH_LOAD_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/thread.h"
#include "google/protobuf/message_lite.h"
#include "grpcpp/channel.h"
#include "grpcpp/completion_queue.h"
#include "grpcpp/generic/generic_stub.h"
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

struct LoadResult {
  double calls_per_second = 0;
  std::vector<double> seconds;  // of each call
};

// What was measured after the warm-up. Fails when a call does.
absl::StatusOr<LoadResult> RunLoad(const std::string& address, const Load& load);
// Of RunLoad.
absl::StatusOr<double> CallsPerSecond(const std::string& address, const Load& load);

// Calls that begin at a steady rate, however long they take, from the making of this to its end.
// Used beside a load; of `load`, method and request count.
class SteadyCalls {
 public:
  SteadyCalls(const std::string& address, const Load& load, double per_second);
  // Waits for the last answers.
  ~SteadyCalls();

  // Of the calls that were answered; calls that failed count as none.
  int64_t answered() const { return answered_; }

 private:
  void Run();

  const Load& load_;
  const absl::Duration interval_;
  grpc::GenericStub stub_;
  std::atomic<bool> stopping_{false};
  std::atomic<int64_t> answered_{0};
  std::optional<Thread> thread_;
};

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
