// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "bench/load.h"

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/status_macros.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/support/channel_arguments.h"

namespace sluice::bench {
namespace {

// A call in flight, and its successors.
struct Call {
  std::unique_ptr<grpc::ClientContext> context;
  std::unique_ptr<grpc::GenericClientAsyncResponseReader> reader;
  grpc::ByteBuffer response;
  grpc::Status status;
  absl::Time begun;
};

class UnaryLoop {
 public:
  UnaryLoop(const std::string& address, const Load& load)
      : load_(load), stub_(Connect(address)), calls_(load.in_flight) {}

  absl::StatusOr<LoadResult> Run() {
    for (Call& call : calls_) Begin(call);
    SLUICE_RETURN_IF_ERROR(RunFor(load_.warm_up).status());
    absl::StatusOr<LoadResult> result = RunFor(load_.duration);
    Finish();
    return result;
  }

 private:
  void Begin(Call& call) {
    call.context = std::make_unique<grpc::ClientContext>();
    call.response.Clear();
    call.begun = absl::Now();
    call.reader =
        stub_.PrepareUnaryCall(call.context.get(), load_.method, load_.request(next_++), &queue_);
    call.reader->StartCall();
    call.reader->Finish(&call.response, &call.status, &call);
  }

  absl::StatusOr<LoadResult> RunFor(absl::Duration duration) {
    const absl::Time begin = absl::Now();
    absl::Time now = begin;
    LoadResult result;
    for (; now < begin + duration; now = absl::Now()) {
      Call& call = Next();
      if (!call.status.ok()) return Failure(call);
      result.seconds.push_back(absl::ToDoubleSeconds(absl::Now() - call.begun));
      Begin(call);
    }
    result.calls_per_second =
        static_cast<double>(result.seconds.size()) / absl::ToDoubleSeconds(now - begin);
    return result;
  }

  Call& Next() {
    void* tag = nullptr;
    bool ok = false;
    queue_.Next(&tag, &ok);
    return *static_cast<Call*>(tag);
  }

  // A failed call is not begun anew; its fellows are left to the end of the process.
  absl::Status Failure(const Call& call) const {
    return absl::InternalError(absl::StrCat(load_.method, ": ", call.status.error_message()));
  }

  void Finish() {
    for (size_t i = 0; i < calls_.size(); ++i) Next();
  }

  const Load& load_;
  grpc::GenericStub stub_;
  grpc::CompletionQueue queue_;
  std::vector<Call> calls_;
  int64_t next_ = 0;
};

}  // namespace

grpc::ByteBuffer Encode(const google::protobuf::MessageLite& message) {
  const grpc::Slice slice(message.SerializeAsString());
  return grpc::ByteBuffer(&slice, 1);
}

std::shared_ptr<grpc::Channel> Connect(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

absl::StatusOr<LoadResult> RunLoad(const std::string& address, const Load& load) {
  return UnaryLoop(address, load).Run();
}

absl::StatusOr<double> CallsPerSecond(const std::string& address, const Load& load) {
  SLUICE_ASSIGN_OR_RETURN(const LoadResult result, RunLoad(address, load));
  return result.calls_per_second;
}

SteadyCalls::SteadyCalls(const std::string& address, const Load& load, double per_second)
    : load_(load), interval_(absl::Seconds(1 / per_second)), stub_(Connect(address)) {
  thread_.emplace(*Thread::Start(
      "steady-calls", [this] { Run(); }, 1024 * 1024));
}

SteadyCalls::~SteadyCalls() {
  stopping_ = true;
  thread_.reset();
}

void SteadyCalls::Run() {
  grpc::CompletionQueue queue;
  absl::Time next = absl::Now();
  int64_t begun = 0;
  int64_t ended = 0;
  while (!stopping_ || ended < begun) {
    void* tag = nullptr;
    bool ok = false;
    if (queue.AsyncNext(&tag, &ok, absl::ToChronoTime(next)) == grpc::CompletionQueue::GOT_EVENT) {
      const std::unique_ptr<Call> call(static_cast<Call*>(tag));
      ++ended;
      if (call->status.ok()) ++answered_;
      continue;
    }
    next += interval_;
    if (stopping_) continue;
    auto* call = new Call;
    call->context = std::make_unique<grpc::ClientContext>();
    call->reader =
        stub_.PrepareUnaryCall(call->context.get(), load_.method, load_.request(begun++), &queue);
    call->reader->StartCall();
    call->reader->Finish(&call->response, &call->status, call);
  }
}

// Sends its request, then reads until its end.
class StreamReaders::Stream {
 public:
  Stream(const std::shared_ptr<grpc::Channel>& channel, const Options& options,
         grpc::CompletionQueue& queue)
      : request_(options.request),
        stream_(grpc::GenericStub(channel).PrepareCall(&context_, options.method, &queue)) {
    stream_->StartCall(this);
  }

  // The pending operation is over. True when it was a message.
  bool Advance(bool ok) {
    if (!ok) {
      over_ = true;
      return false;
    }
    if (stage_ == Stage::kOpening) {
      stage_ = Stage::kAsking;
      stream_->WriteLast(request_, grpc::WriteOptions(), this);
      return false;
    }
    const bool was_message = stage_ == Stage::kReading;
    stage_ = Stage::kReading;
    stream_->Read(&message_, this);
    return was_message;
  }

  void Cancel() { context_.TryCancel(); }
  bool over() const { return over_; }

 private:
  enum class Stage { kOpening, kAsking, kReading };

  const grpc::ByteBuffer request_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> stream_;
  grpc::ByteBuffer message_;
  Stage stage_ = Stage::kOpening;
  bool over_ = false;
};

StreamReaders::StreamReaders(const std::string& address, const Options& options) {
  std::vector<std::shared_ptr<grpc::Channel>> channels;
  for (int i = 0; i < options.connections; ++i) channels.push_back(Connect(address));
  for (int i = 0; i < options.streams; ++i) {
    streams_.push_back(
        std::make_unique<Stream>(channels[i % options.connections], options, queue_));
  }
}

StreamReaders::~StreamReaders() {
  size_t left = 0;
  for (const auto& stream : streams_) {
    if (stream->over()) continue;
    stream->Cancel();
    ++left;
  }
  void* tag = nullptr;
  bool ok = false;
  while (left > 0 && queue_.Next(&tag, &ok)) {
    auto& stream = *static_cast<Stream*>(tag);
    stream.Advance(ok);
    if (stream.over()) --left;
  }
}

absl::Status StreamReaders::Await(int64_t messages) {
  void* tag = nullptr;
  bool ok = false;
  while (messages > 0 && queue_.Next(&tag, &ok)) {
    auto& stream = *static_cast<Stream*>(tag);
    if (stream.Advance(ok)) --messages;
    if (stream.over()) return absl::InternalError("a stream ended before its time");
  }
  return absl::OkStatus();
}

}  // namespace sluice::bench
