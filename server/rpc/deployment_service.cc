// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "rpc/deployment_service.h"

#include <utility>

#include "base/status_macros.h"
#include "base/violations.h"
#include "grpcpp/impl/codegen/proto_utils.h"
#include "rpc/status_mapping.h"
#include "rpc/watch_stream.h"
#include "rpc/wire.h"

namespace sluice {
namespace {

grpc::ServerUnaryReactor* Finish(grpc::CallbackServerContext* context, const absl::Status& status) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(ToGrpcStatus(status));
  return reactor;
}

// Answers a change once it is durable: now, or on the journal's thread.
grpc::ServerUnaryReactor* AnswerWhenDurable(grpc::CallbackServerContext* context,
                                            Registry& registry,
                                            const absl::StatusOr<SnapshotPtr>& snapshot,
                                            v1::DeploymentState* response) {
  if (!snapshot.ok()) return Finish(context, snapshot.status());
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  *response = (*snapshot)->state();
  registry.WhenDurable(
      [reactor](const absl::Status& status) { reactor->Finish(ToGrpcStatus(status)); });
  return reactor;
}

template <typename Message>
grpc::ServerUnaryReactor* Answer(grpc::CallbackServerContext* context,
                                 const absl::StatusOr<Message>& message, Message* response) {
  if (message.ok()) *response = *message;
  return Finish(context, message.status());
}

template <typename Message>
absl::StatusOr<Message> Parse(const grpc::ByteBuffer& bytes) {
  grpc::ByteBuffer buffer = bytes;
  Message message;
  if (!grpc::SerializationTraits<Message>::Deserialize(&buffer, &message).ok()) {
    return absl::InvalidArgumentError("the request is not a valid protobuf message");
  }
  return message;
}

absl::StatusOr<SnapshotPtr> Find(const Registry& registry, const grpc::ByteBuffer& bytes) {
  SLUICE_ASSIGN_OR_RETURN(const v1::GetStateRequest request, Parse<v1::GetStateRequest>(bytes));
  if (request.subject_case() == v1::GetStateRequest::SUBJECT_NOT_SET) {
    return ViolationError("deployment_id", "must be given, or service");
  }
  SLUICE_ASSIGN_OR_RETURN(const std::string id, request.has_service()
                                                    ? registry.LatestOf(request.service())
                                                    : registry.Resolve(request.deployment_id()));
  return registry.Get(id);
}

struct WatchStart {
  RecordFilter filter;
  int64_t revision = 0;
};

// The revision before the present state: that of the deployment, or of the service's latest one.
// What came before is history, not news.
absl::StatusOr<int64_t> BeforeThePresent(const Registry& registry, const RecordFilter& filter) {
  std::string id = filter.deployment_id;
  if (!filter.service.empty()) {
    const absl::StatusOr<std::string> latest = registry.LatestOf(filter.service);
    if (latest.ok()) id = *latest;
  }
  if (id.empty()) return 0;
  SLUICE_ASSIGN_OR_RETURN(const SnapshotPtr snapshot, registry.Get(id));
  return snapshot->state().revision() - 1;
}

absl::StatusOr<WatchStart> StartOf(const Registry& registry, const grpc::ByteBuffer& bytes) {
  SLUICE_ASSIGN_OR_RETURN(const v1::WatchStatesRequest request,
                          Parse<v1::WatchStatesRequest>(bytes));
  if (request.from_revision() < 0) {
    return ViolationError("from_revision", "must be 0 or more");
  }
  WatchStart start{.revision = request.from_revision()};
  if (request.has_deployment_id()) {
    SLUICE_ASSIGN_OR_RETURN(start.filter.deployment_id, registry.Resolve(request.deployment_id()));
  }
  start.filter.service = request.service();
  if (start.revision == 0) {
    SLUICE_ASSIGN_OR_RETURN(start.filter.after, BeforeThePresent(registry, start.filter));
  }
  return start;
}

// A stream that only ends.
class RefusedStream final : public grpc::ServerWriteReactor<grpc::ByteBuffer> {
 public:
  explicit RefusedStream(const absl::Status& status) { Finish(ToGrpcStatus(status)); }
  void OnDone() override { delete this; }
};

}  // namespace

grpc::ServerUnaryReactor* DeploymentService::Deploy(grpc::CallbackServerContext* context,
                                                    const v1::DeployRequest* request,
                                                    v1::DeploymentState* response) {
  return AnswerWhenDurable(context, registry_, manager_.Deploy(*request), response);
}

grpc::ServerUnaryReactor* DeploymentService::Rollback(grpc::CallbackServerContext* context,
                                                      const v1::RollbackRequest* request,
                                                      v1::DeploymentState* response) {
  return AnswerWhenDurable(context, registry_, manager_.Rollback(*request), response);
}

grpc::ServerUnaryReactor* DeploymentService::GetState(grpc::CallbackServerContext* context,
                                                      const grpc::ByteBuffer* request,
                                                      grpc::ByteBuffer* response) {
  const absl::StatusOr<SnapshotPtr> snapshot = Find(registry_, *request);
  if (snapshot.ok()) *response = StateBuffer(*snapshot);
  return Finish(context, snapshot.status());
}

grpc::ServerUnaryReactor* DeploymentService::ListStates(grpc::CallbackServerContext* context,
                                                        const v1::ListStatesRequest* request,
                                                        v1::ListStatesResponse* response) {
  return Answer(context, registry_.List(*request), response);
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* DeploymentService::WatchStates(
    grpc::CallbackServerContext*, const grpc::ByteBuffer* request) {
  absl::StatusOr<WatchStart> start = StartOf(registry_, *request);
  if (!start.ok()) return new RefusedStream(start.status());
  return WatchStream::Open(hub_, registry_, std::move(start->filter), start->revision);
}

grpc::ServerUnaryReactor* DeploymentService::PlanDeployment(grpc::CallbackServerContext* context,
                                                            const v1::DeployRequest* request,
                                                            v1::PlanResponse* response) {
  return Answer(context, manager_.Plan(*request), response);
}

grpc::ServerUnaryReactor* DeploymentService::Pause(grpc::CallbackServerContext* context,
                                                   const v1::PauseRequest* request,
                                                   v1::DeploymentState* response) {
  return AnswerWhenDurable(context, registry_, manager_.Pause(*request), response);
}

grpc::ServerUnaryReactor* DeploymentService::Resume(grpc::CallbackServerContext* context,
                                                    const v1::ResumeRequest* request,
                                                    v1::DeploymentState* response) {
  return AnswerWhenDurable(context, registry_, manager_.Resume(*request), response);
}

grpc::ServerUnaryReactor* DeploymentService::Promote(grpc::CallbackServerContext* context,
                                                     const v1::PromoteRequest* request,
                                                     v1::DeploymentState* response) {
  return AnswerWhenDurable(context, registry_, manager_.Promote(*request), response);
}

grpc::ServerUnaryReactor* DeploymentService::Abort(grpc::CallbackServerContext* context,
                                                   const v1::AbortRequest* request,
                                                   v1::DeploymentState* response) {
  return AnswerWhenDurable(context, registry_, manager_.Abort(*request), response);
}

grpc::ServerUnaryReactor* DeploymentService::ListServices(grpc::CallbackServerContext* context,
                                                          const v1::ListServicesRequest*,
                                                          v1::ListServicesResponse* response) {
  *response = manager_.ListServices();
  return Finish(context, absl::OkStatus());
}

}  // namespace sluice
