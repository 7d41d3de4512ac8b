// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "bench/syncing_server.h"

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <deque>

#include "absl/strings/str_cat.h"
#include "base/mutex.h"
#include "base/thread.h"
#include "base/unique_fd.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server_builder.h"
#include "sluice/v1/deployment_service.grpc.pb.h"

namespace sluice::bench {
namespace {

constexpr size_t kCommitBytes = 4096;
constexpr off_t kFileBytes = 4 * 1024 * 1024;

class PreallocatedFile {
 public:
  explicit PreallocatedFile(const std::string& path)
      : fd_(open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600)), commit_(kCommitBytes, 'x') {
    for (off_t at = 0; at < kFileBytes; at += kCommitBytes) Write(at);
    fsync(fd_.get());
  }

  bool Commit() {
    next_ = (next_ + kCommitBytes) % kFileBytes;
    return Write(next_) && fdatasync(fd_.get()) == 0;
  }

 private:
  bool Write(off_t at) { return pwrite(fd_.get(), commit_.data(), commit_.size(), at) > 0; }

  const UniqueFd fd_;
  const std::string commit_;
  off_t next_ = 0;
};

}  // namespace

class SyncingServer::Service final
    : public v1::DeploymentService::WithRawCallbackMethod_Deploy<v1::DeploymentService::Service> {
 public:
  Service(const grpc::ByteBuffer& message, const std::string& file)
      : message_(message), file_(file), writer_(*Thread::Start("syncing", [this] { Run(); })) {}
  ~Service() override {
    MutexLock lock(mutex_);
    closing_ = true;
    call_came_.NotifyOne();
  }

  grpc::ServerUnaryReactor* Deploy(grpc::CallbackServerContext* context, const grpc::ByteBuffer*,
                                   grpc::ByteBuffer* response) override {
    *response = message_;
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    MutexLock lock(mutex_);
    calls_.push_back(reactor);
    call_came_.NotifyOne();
    return reactor;
  }

 private:
  void Run() {
    MutexLock lock(mutex_);
    while (true) {
      while (calls_.empty() && !closing_) call_came_.Wait(mutex_);
      if (calls_.empty()) return;
      grpc::ServerUnaryReactor* reactor = calls_.front();
      calls_.pop_front();
      mutex_.Unlock();
      reactor->Finish(file_.Commit() ? grpc::Status::OK
                                     : grpc::Status(grpc::StatusCode::INTERNAL, "the disk"));
      mutex_.Lock();
    }
  }

  const grpc::ByteBuffer message_;
  PreallocatedFile file_;  // of the writer
  Mutex mutex_;
  CondVar call_came_;
  std::deque<grpc::ServerUnaryReactor*> calls_ ABSL_GUARDED_BY(mutex_);
  bool closing_ ABSL_GUARDED_BY(mutex_) = false;
  const Thread writer_;  // last: it uses all of the above
};

SyncingServer::SyncingServer(const std::string& socket, const grpc::ByteBuffer& message,
                             const std::string& file)
    : service_(std::make_unique<Service>(message, file)) {
  grpc::ServerBuilder builder;
  builder.AddListeningPort(absl::StrCat("unix:", socket), grpc::InsecureServerCredentials());
  builder.RegisterService(service_.get());
  server_ = builder.BuildAndStart();
}

SyncingServer::~SyncingServer() {
  server_->Shutdown(std::chrono::system_clock::now());
  server_->Wait();
}

}  // namespace sluice::bench
