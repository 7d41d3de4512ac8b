// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "client/fake_daemon.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server_builder.h"
#include "gtest/gtest.h"

namespace sluice::client {
namespace {

constexpr auto kLookAgain = std::chrono::milliseconds(20);

}  // namespace

FakeDaemon::FakeDaemon()
    : socket_(absl::StrCat(::testing::TempDir(), "sluice-", getpid(), ".sock")) {
  Listen();
}

FakeDaemon::~FakeDaemon() {
  Stop();
  unlink(socket_.c_str());
}

void FakeDaemon::Listen() {
  stopping_ = false;
  unlink(socket_.c_str());
  grpc::ServerBuilder builder;
  builder.AddListeningPort(address(), grpc::InsecureServerCredentials());
  builder.RegisterService(this);
  server_ = builder.BuildAndStart();
}

void FakeDaemon::Stop() {
  stopping_ = true;
  if (server_ == nullptr) return;
  server_->Shutdown(std::chrono::system_clock::now());
  server_->Wait();
  server_.reset();
}

void FakeDaemon::Restart(bool forget) {
  Stop();
  if (forget) {
    MutexLock lock(mutex_);
    states_.clear();
    revision_ = 0;
  }
  Listen();
}

void FakeDaemon::Put(v1::DeploymentState state) {
  MutexLock lock(mutex_);
  state.set_revision(++revision_);
  states_[state.id()] = std::move(state);
  changed_.NotifyAll();
}

void FakeDaemon::Refuse(const grpc::Status& status, int calls) {
  MutexLock lock(mutex_);
  refusal_ = status;
  refusals_ = calls;
}

void FakeDaemon::EndWatches(const grpc::Status& status) {
  MutexLock lock(mutex_);
  end_of_watches_ = status;
}

void FakeDaemon::AwaitWatches(int count) {
  MutexLock lock(mutex_);
  while (watches_ < count) changed_.Wait(mutex_);
}

void FakeDaemon::AwaitSent(int count) {
  MutexLock lock(mutex_);
  while (sent_ < count) changed_.Wait(mutex_);
}

grpc::Status FakeDaemon::Receive(const google::protobuf::Message& request) {
  MutexLock lock(mutex_);
  requests_[request.GetTypeName()] = request.SerializeAsString();
  if (refusals_ == 0) return grpc::Status::OK;
  --refusals_;
  return refusal_;
}

grpc::Status FakeDaemon::FindLocked(const std::string& service, const std::string& id,
                                    v1::DeploymentState* state) {
  const v1::DeploymentState* found = nullptr;
  for (const auto& [known_id, known] : states_) {
    const bool matches = id.empty() ? known.service() == service : absl::StartsWith(known_id, id);
    if (matches && (found == nullptr || known.revision() > found->revision())) found = &known;
  }
  if (found == nullptr) return {grpc::StatusCode::NOT_FOUND, "no such deployment"};
  *state = *found;
  return grpc::Status::OK;
}

grpc::Status FakeDaemon::Deploy(grpc::ServerContext* /*context*/, const v1::DeployRequest* request,
                                v1::DeploymentState* state) {
  if (const grpc::Status refused = Receive(*request); !refused.ok()) return refused;
  MutexLock lock(mutex_);
  return FindLocked(request->service(), "", state);
}

grpc::Status FakeDaemon::Rollback(grpc::ServerContext* /*context*/,
                                  const v1::RollbackRequest* request, v1::DeploymentState* state) {
  if (const grpc::Status refused = Receive(*request); !refused.ok()) return refused;
  MutexLock lock(mutex_);
  return FindLocked(request->service(), request->deployment_id(), state);
}

grpc::Status FakeDaemon::GetState(grpc::ServerContext* /*context*/,
                                  const v1::GetStateRequest* request, v1::DeploymentState* state) {
  if (const grpc::Status refused = Receive(*request); !refused.ok()) return refused;
  MutexLock lock(mutex_);
  return FindLocked(request->service(), request->deployment_id(), state);
}

grpc::Status FakeDaemon::ListStates(grpc::ServerContext* /*context*/,
                                    const v1::ListStatesRequest* request,
                                    v1::ListStatesResponse* response) {
  if (const grpc::Status refused = Receive(*request); !refused.ok()) return refused;
  MutexLock lock(mutex_);
  // A page token is the id after which the page begins.
  for (auto it = states_.upper_bound(request->page_token()); it != states_.end(); ++it) {
    if (response->states_size() == std::min(request->page_size(), 2)) {
      response->set_next_page_token(response->states(response->states_size() - 1).id());
      break;
    }
    *response->add_states() = it->second;
  }
  return grpc::Status::OK;
}

std::vector<v1::DeploymentState> FakeDaemon::NewerThan(int64_t revision, const std::string& id) {
  std::vector<v1::DeploymentState> newer;
  MutexLock lock(mutex_);
  for (const auto& [known_id, state] : states_) {
    if (state.revision() > revision && absl::StartsWith(known_id, id)) newer.push_back(state);
  }
  return newer;
}

grpc::Status FakeDaemon::WatchStates(grpc::ServerContext* context,
                                     const v1::WatchStatesRequest* request,
                                     grpc::ServerWriter<v1::WatchStatesResponse>* writer) {
  int64_t sent = request->from_revision();
  {
    MutexLock lock(mutex_);
    ++watches_;
    changed_.NotifyAll();
    if (sent > revision_) return {grpc::StatusCode::OUT_OF_RANGE, "from the future"};
  }
  while (!context->IsCancelled() && !stopping_) {
    for (v1::DeploymentState& state : NewerThan(sent, request->deployment_id())) {
      sent = std::max(sent, state.revision());
      v1::WatchStatesResponse response;
      response.set_revision(state.revision());
      *response.mutable_state() = std::move(state);
      if (!writer->Write(response)) return grpc::Status::CANCELLED;
      MutexLock lock(mutex_);
      ++sent_;
      changed_.NotifyAll();
    }
    MutexLock lock(mutex_);
    if (!end_of_watches_.ok()) return end_of_watches_;
    changed_.WaitUntil(mutex_, std::chrono::steady_clock::now() + kLookAgain);
  }
  return {grpc::StatusCode::UNAVAILABLE, "shutting down"};
}

grpc::Status FakeDaemon::PlanDeployment(grpc::ServerContext* /*context*/,
                                        const v1::DeployRequest* request,
                                        v1::PlanResponse* response) {
  if (const grpc::Status refused = Receive(*request); !refused.ok()) return refused;
  response->mutable_plan()->set_version(request->version());
  response->mutable_plan()->add_steps()->mutable_set_traffic()->set_percentage(40);
  response->mutable_min_duration()->set_seconds(90);
  return grpc::Status::OK;
}

grpc::Status FakeDaemon::Pause(grpc::ServerContext* /*context*/, const v1::PauseRequest* request,
                               v1::DeploymentState* state) {
  if (const grpc::Status refused = Receive(*request); !refused.ok()) return refused;
  MutexLock lock(mutex_);
  const grpc::Status found = FindLocked("", request->deployment_id(), state);
  state->set_status(v1::STATUS_PAUSED);
  return found;
}

grpc::Status FakeDaemon::Promote(grpc::ServerContext* /*context*/,
                                 const v1::PromoteRequest* request, v1::DeploymentState* state) {
  if (const grpc::Status refused = Receive(*request); !refused.ok()) return refused;
  MutexLock lock(mutex_);
  return FindLocked("", request->deployment_id(), state);
}

grpc::Status FakeDaemon::Abort(grpc::ServerContext* /*context*/, const v1::AbortRequest* request,
                               v1::DeploymentState* state) {
  if (const grpc::Status refused = Receive(*request); !refused.ok()) return refused;
  MutexLock lock(mutex_);
  return FindLocked("", request->deployment_id(), state);
}

grpc::Status FakeDaemon::ListServices(grpc::ServerContext* /*context*/,
                                      const v1::ListServicesRequest* request,
                                      v1::ListServicesResponse* response) {
  if (const grpc::Status refused = Receive(*request); !refused.ok()) return refused;
  for (const char* name : {"web", "worker"}) response->add_services()->set_name(name);
  return grpc::Status::OK;
}

}  // namespace sluice::client
