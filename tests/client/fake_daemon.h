// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// A DeploymentService over a real Unix socket whose records the test sets by hand.

#ifndef SLUICE_TESTS_CLIENT_FAKE_DAEMON_H_
#define SLUICE_TESTS_CLIENT_FAKE_DAEMON_H_

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "base/mutex.h"
#include "google/protobuf/message.h"
#include "grpcpp/server.h"
#include "sluice/v1/deployment_service.grpc.pb.h"

namespace sluice::client {

// Thread-safe.
class FakeDaemon final : public v1::DeploymentService::Service {
 public:
  FakeDaemon();
  ~FakeDaemon() override;

  std::string address() const { return "unix:" + socket_; }
  void Stop();
  // Listens again at the same address; `forget`: with no record and revisions from one.
  void Restart(bool forget);

  // Makes it the latest of its service, with the next revision, and tells the watchers.
  void Put(v1::DeploymentState state);
  // The next `calls` calls of any RPC but WatchStates are answered with this.
  void Refuse(const grpc::Status& status, int calls = 1);
  // Every watch ends with this once it has sent a state or has none to send.
  void EndWatches(const grpc::Status& status);
  // The last request of that type, as sent.
  template <class Request>
  Request Last() {
    MutexLock lock(mutex_);
    Request request;
    request.ParseFromString(requests_[request.GetTypeName()]);
    return request;
  }
  // Waits until so many watches were begun.
  void AwaitWatches(int count);
  // Waits until so many states were sent to watchers.
  void AwaitSent(int count);

  grpc::Status Deploy(grpc::ServerContext* context, const v1::DeployRequest* request,
                      v1::DeploymentState* state) override;
  grpc::Status Rollback(grpc::ServerContext* context, const v1::RollbackRequest* request,
                        v1::DeploymentState* state) override;
  grpc::Status GetState(grpc::ServerContext* context, const v1::GetStateRequest* request,
                        v1::DeploymentState* state) override;
  grpc::Status ListStates(grpc::ServerContext* context, const v1::ListStatesRequest* request,
                          v1::ListStatesResponse* response) override;
  grpc::Status WatchStates(grpc::ServerContext* context, const v1::WatchStatesRequest* request,
                           grpc::ServerWriter<v1::WatchStatesResponse>* writer) override;
  grpc::Status PlanDeployment(grpc::ServerContext* context, const v1::DeployRequest* request,
                              v1::PlanResponse* response) override;
  grpc::Status Pause(grpc::ServerContext* context, const v1::PauseRequest* request,
                     v1::DeploymentState* state) override;
  grpc::Status Abort(grpc::ServerContext* context, const v1::AbortRequest* request,
                     v1::DeploymentState* state) override;
  grpc::Status Promote(grpc::ServerContext* context, const v1::PromoteRequest* request,
                       v1::DeploymentState* state) override;
  grpc::Status ListServices(grpc::ServerContext* context, const v1::ListServicesRequest* request,
                            v1::ListServicesResponse* response) override;

 private:
  void Listen();
  // Keeps the request; the status that Refuse() asked for.
  grpc::Status Receive(const google::protobuf::Message& request);
  // The latest of the service, or the one whose id begins so.
  grpc::Status FindLocked(const std::string& service, const std::string& id,
                          v1::DeploymentState* state) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::vector<v1::DeploymentState> NewerThan(int64_t revision, const std::string& id);

  std::string socket_;
  std::unique_ptr<grpc::Server> server_;
  std::atomic<bool> stopping_ = false;
  Mutex mutex_;
  CondVar changed_;
  std::map<std::string, v1::DeploymentState> states_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, std::string> requests_ ABSL_GUARDED_BY(mutex_);
  int64_t revision_ ABSL_GUARDED_BY(mutex_) = 0;
  int watches_ ABSL_GUARDED_BY(mutex_) = 0;
  int sent_ ABSL_GUARDED_BY(mutex_) = 0;
  int refusals_ ABSL_GUARDED_BY(mutex_) = 0;
  grpc::Status refusal_ ABSL_GUARDED_BY(mutex_);
  grpc::Status end_of_watches_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::client

#endif  // SLUICE_TESTS_CLIENT_FAKE_DAEMON_H_
