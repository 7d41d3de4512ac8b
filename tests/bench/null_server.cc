// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "bench/null_server.h"

#include <chrono>

#include "absl/strings/str_cat.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server_builder.h"

namespace sluice::bench {

class NullServer::Stream final : public grpc::ServerWriteReactor<grpc::ByteBuffer> {
 public:
  Stream(Service& service, const grpc::ByteBuffer& message)
      : service_(service), message_(message) {}

  void Send(int messages) {
    Change([&] { owed_ += messages; });
  }
  void OnWriteDone(bool ok) override {
    Change([&] {
      writing_ = false;
      --owed_;
      cancelled_ = cancelled_ || !ok;
    });
  }
  void OnCancel() override {
    Change([&] { cancelled_ = true; });
  }
  void OnDone() override;

 private:
  // gRPC is called without the lock: it may call back from inside.
  template <typename Function>
  void Change(Function change) {
    bool write = false;
    {
      MutexLock lock(mutex_);
      change();
      if (writing_ || finished_ || (owed_ <= 0 && !cancelled_)) return;
      finished_ = cancelled_;
      write = writing_ = !cancelled_;
    }
    write ? StartWrite(&message_) : Finish(grpc::Status::CANCELLED);
  }

  Service& service_;
  const grpc::ByteBuffer message_;
  Mutex mutex_;
  // Guarded by mutex_; the analysis does not see into the changes.
  int owed_ = 0;
  bool writing_ = false;
  bool cancelled_ = false;
  bool finished_ = false;
};

class NullServer::Service final : public Base {
 public:
  explicit Service(const grpc::ByteBuffer& message) : message_(message) {}

  grpc::ServerUnaryReactor* GetState(grpc::CallbackServerContext* context, const grpc::ByteBuffer*,
                                     grpc::ByteBuffer* response) override {
    return Answer(context, response);
  }
  grpc::ServerUnaryReactor* Deploy(grpc::CallbackServerContext* context, const grpc::ByteBuffer*,
                                   grpc::ByteBuffer* response) override {
    return Answer(context, response);
  }
  grpc::ServerWriteReactor<grpc::ByteBuffer>* WatchStates(grpc::CallbackServerContext*,
                                                          const grpc::ByteBuffer*) override {
    auto* stream = new Stream(*this, message_);
    {
      MutexLock lock(mutex_);
      streams_.insert(stream);
    }
    stream->Send(1);
    return stream;
  }

  void Send(int messages) {
    MutexLock lock(mutex_);
    for (Stream* stream : streams_) stream->Send(messages);
  }
  void Remove(Stream* stream) {
    MutexLock lock(mutex_);
    streams_.erase(stream);
  }

 private:
  grpc::ServerUnaryReactor* Answer(grpc::CallbackServerContext* context,
                                   grpc::ByteBuffer* response) const {
    *response = message_;
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

  const grpc::ByteBuffer message_;
  Mutex mutex_;
  std::set<Stream*> streams_ ABSL_GUARDED_BY(mutex_);
};

void NullServer::Stream::OnDone() {
  service_.Remove(this);
  delete this;
}

NullServer::NullServer(const std::string& socket, const grpc::ByteBuffer& message)
    : service_(std::make_unique<Service>(message)) {
  grpc::ServerBuilder builder;
  builder.AddListeningPort(absl::StrCat("unix:", socket), grpc::InsecureServerCredentials());
  builder.RegisterService(service_.get());
  server_ = builder.BuildAndStart();
}

NullServer::~NullServer() {
  server_->Shutdown(std::chrono::system_clock::now());
  server_->Wait();
}

void NullServer::Send(int messages) { service_->Send(messages); }

}  // namespace sluice::bench
