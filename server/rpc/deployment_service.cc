// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "rpc/deployment_service.h"

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "auth/audit_trail.h"
#include "base/failpoint.h"
#include "base/status_macros.h"
#include "base/violations.h"
#include "rpc/status_mapping.h"
#include "rpc/subject.h"
#include "rpc/watch_start.h"
#include "rpc/watch_stream.h"
#include "rpc/wire.h"
#include "sluice/v1/deployment_service.pb.h"

namespace sluice {
namespace {

absl::Status TooLarge(const grpc::ByteBuffer& message) {
  return absl::ResourceExhaustedError(absl::StrCat("the answer takes ", message.Length(),
                                                   " bytes, clients take at most ", kMaxAnswerBytes,
                                                   "; ask for less at once"));
}

grpc::ServerUnaryReactor* Answer(grpc::CallbackServerContext* context,
                                 absl::StatusOr<grpc::ByteBuffer> message,
                                 grpc::ByteBuffer* response) {
  if (message.ok() && message->Length() > size_t{kMaxAnswerBytes}) message = TooLarge(*message);
  if (message.ok()) response->Swap(&*message);
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(ToGrpcStatus(message.status()));
  return reactor;
}

// What only a grant for ["*"] matches: every other pattern wants some character.
constexpr char kAllServices[] = "";

std::function<void(const absl::Status&)> FinishOf(grpc::ServerUnaryReactor* reactor) {
  return [reactor](const absl::Status& answer) {
    SLUICE_FAILPOINT("journal.before_reply");
    reactor->Finish(ToGrpcStatus(answer));
  };
}

// A stream that only ends.
class RefusedStream final : public grpc::ServerWriteReactor<grpc::ByteBuffer> {
 public:
  explicit RefusedStream(const absl::Status& status) { Finish(ToGrpcStatus(status)); }
  void OnDone() override { delete this; }
};

}  // namespace

template <typename Request>
grpc::ServerUnaryReactor* DeploymentService::Change(
    grpc::CallbackServerContext* context, const char* method, const grpc::ByteBuffer* bytes,
    grpc::ByteBuffer* response,
    const std::function<absl::StatusOr<SnapshotPtr>(const Request&, const Call&)>& act) {
  absl::StatusOr<Call> caller = gate_.Identify(*context, method);
  if (!caller.ok()) return Answer(context, caller.status(), response);
  const auto call = std::make_shared<const Call>(*std::move(caller));
  absl::StatusOr<Request> parsed = ParseMessage<Request>(*bytes);
  v1::AuditRecord record = MakeAuditRecord(call->principal, call->method);
  absl::Status status = parsed.status();
  if (status.ok()) status = AdmitChange(gate_, *call, registry_, *parsed, record);
  // Who may do it to no service at all learns nothing else; the trail tells what it was to be.
  if (const absl::Status any = gate_.Decide(*call, std::nullopt); !any.ok()) {
    status = any;
    SetOutcome(any, record);
  }
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  if (!status.ok()) {
    gate_.Record(*call, std::move(record), status, FinishOf(reactor));
    return reactor;
  }
  const auto request = std::make_shared<const Request>(*std::move(parsed));
  gate_.Begin(*call, std::move(record),
              [this, call, request, act, response, reactor](const absl::Status& begun,
                                                            v1::AuditRecord begun_record) {
                const absl::StatusOr<SnapshotPtr> result =
                    begun.ok() ? act(*request, *call) : absl::StatusOr<SnapshotPtr>(begun);
                if (result.ok()) *response = StateBuffer(*result);
                RecordAndFinish(call, result, std::move(begun_record), reactor);
              });
  return reactor;
}

void DeploymentService::RecordAndFinish(const std::shared_ptr<const Call>& call,
                                        const absl::StatusOr<SnapshotPtr>& result,
                                        v1::AuditRecord record, grpc::ServerUnaryReactor* reactor) {
  const auto finish = FinishOf(reactor);
  if (!result.ok()) return gate_.Record(*call, std::move(record), result.status(), finish);
  const v1::DeploymentState& state = (*result)->state();
  record.set_service(state.service());
  record.set_deployment(state.id());
  const auto line = std::make_shared<v1::AuditRecord>(std::move(record));
  registry_.WhenDurable(state.revision(), [this, call, line, finish](const absl::Status& durable) {
    gate_.Record(*call, std::move(*line), durable, finish);
  });
}

grpc::ServerUnaryReactor* DeploymentService::Deploy(grpc::CallbackServerContext* context,
                                                    const grpc::ByteBuffer* request,
                                                    grpc::ByteBuffer* response) {
  return Change<v1::DeployRequest>(context, "Deploy", request, response,
                                   [this](const v1::DeployRequest& it, const Call& call) {
                                     return manager_.Deploy(it, gate_.RequesterOf(call));
                                   });
}

grpc::ServerUnaryReactor* DeploymentService::Rollback(grpc::CallbackServerContext* context,
                                                      const grpc::ByteBuffer* request,
                                                      grpc::ByteBuffer* response) {
  return Change<v1::RollbackRequest>(context, "Rollback", request, response,
                                     [this](const v1::RollbackRequest& it, const Call& call) {
                                       return manager_.Rollback(it, gate_.RequesterOf(call));
                                     });
}

grpc::ServerUnaryReactor* DeploymentService::Pause(grpc::CallbackServerContext* context,
                                                   const grpc::ByteBuffer* request,
                                                   grpc::ByteBuffer* response) {
  return Change<v1::PauseRequest>(
      context, "Pause", request, response,
      [this](const v1::PauseRequest& it, const Call&) { return manager_.Pause(it); });
}

grpc::ServerUnaryReactor* DeploymentService::Resume(grpc::CallbackServerContext* context,
                                                    const grpc::ByteBuffer* request,
                                                    grpc::ByteBuffer* response) {
  return Change<v1::ResumeRequest>(
      context, "Resume", request, response,
      [this](const v1::ResumeRequest& it, const Call&) { return manager_.Resume(it); });
}

grpc::ServerUnaryReactor* DeploymentService::Promote(grpc::CallbackServerContext* context,
                                                     const grpc::ByteBuffer* request,
                                                     grpc::ByteBuffer* response) {
  return Change<v1::PromoteRequest>(
      context, "Promote", request, response,
      [this](const v1::PromoteRequest& it, const Call&) { return manager_.Promote(it); });
}

grpc::ServerUnaryReactor* DeploymentService::Abort(grpc::CallbackServerContext* context,
                                                   const grpc::ByteBuffer* request,
                                                   grpc::ByteBuffer* response) {
  return Change<v1::AbortRequest>(
      context, "Abort", request, response,
      [this](const v1::AbortRequest& it, const Call&) { return manager_.Abort(it); });
}

grpc::ServerUnaryReactor* DeploymentService::GetState(grpc::CallbackServerContext* context,
                                                      const grpc::ByteBuffer* request,
                                                      grpc::ByteBuffer* response) {
  return Answer(context, Find(*context, *request), response);
}

absl::StatusOr<grpc::ByteBuffer> DeploymentService::Find(const grpc::CallbackServerContext& context,
                                                         const grpc::ByteBuffer& bytes) const {
  SLUICE_ASSIGN_OR_RETURN(const Call call, gate_.Enter(context, "GetState"));
  SLUICE_ASSIGN_OR_RETURN(const auto request, ParseMessage<v1::GetStateRequest>(bytes));
  if (request.subject_case() == v1::GetStateRequest::SUBJECT_NOT_SET) {
    return ViolationError("deployment_id", "must be given, or service");
  }
  if (request.has_service()) SLUICE_RETURN_IF_ERROR(gate_.Admit(call, request.service()));
  SLUICE_ASSIGN_OR_RETURN(const std::string id,
                          request.has_service()
                              ? registry_.LatestOf(request.service())
                              : Resolve(gate_, call, registry_, request.deployment_id()));
  SLUICE_ASSIGN_OR_RETURN(const SnapshotPtr snapshot, registry_.Get(id));
  const std::string& service = snapshot->state().service();
  if (request.has_service()) return StateBuffer(snapshot);
  if (const absl::Status decision = gate_.Admit(call, service); !decision.ok()) {
    return Hidden(gate_, call, service, request.deployment_id(), decision);
  }
  return StateBuffer(snapshot);
}

grpc::ServerUnaryReactor* DeploymentService::ListStates(grpc::CallbackServerContext* context,
                                                        const grpc::ByteBuffer* request,
                                                        grpc::ByteBuffer* response) {
  return Answer(context, List(*context, *request), response);
}

absl::StatusOr<grpc::ByteBuffer> DeploymentService::List(const grpc::CallbackServerContext& context,
                                                         const grpc::ByteBuffer& bytes) const {
  SLUICE_ASSIGN_OR_RETURN(const Call call, gate_.Enter(context, "ListStates"));
  SLUICE_ASSIGN_OR_RETURN(const auto request, ParseMessage<v1::ListStatesRequest>(bytes));
  if (!request.service().empty()) SLUICE_RETURN_IF_ERROR(gate_.Admit(call, request.service()));
  // Asked once for each service: there may be many deployments, and many grants.
  std::map<std::string, bool> seen;
  const auto sees = [&](const std::string& service) {
    const auto [known, is_new] = seen.emplace(service, false);
    if (is_new) known->second = gate_.Decide(call, service).ok();
    return known->second;
  };
  SLUICE_ASSIGN_OR_RETURN(const v1::ListStatesResponse page, registry_.List(request, sees));
  return MessageBuffer(page);
}

grpc::ServerUnaryReactor* DeploymentService::PlanDeployment(grpc::CallbackServerContext* context,
                                                            const grpc::ByteBuffer* request,
                                                            grpc::ByteBuffer* response) {
  return Answer(context, Plan(*context, *request), response);
}

absl::StatusOr<grpc::ByteBuffer> DeploymentService::Plan(const grpc::CallbackServerContext& context,
                                                         const grpc::ByteBuffer& bytes) const {
  SLUICE_ASSIGN_OR_RETURN(const Call call, gate_.Enter(context, "PlanDeployment"));
  SLUICE_ASSIGN_OR_RETURN(const auto request, ParseMessage<v1::DeployRequest>(bytes));
  SLUICE_RETURN_IF_ERROR(gate_.Admit(call, request.service()));
  SLUICE_ASSIGN_OR_RETURN(const v1::PlanResponse plan, manager_.Plan(request));
  return MessageBuffer(plan);
}

grpc::ServerUnaryReactor* DeploymentService::ListServices(grpc::CallbackServerContext* context,
                                                          const grpc::ByteBuffer*,
                                                          grpc::ByteBuffer* response) {
  return Answer(context, Services(*context), response);
}

absl::StatusOr<grpc::ByteBuffer> DeploymentService::Services(
    const grpc::CallbackServerContext& context) const {
  SLUICE_ASSIGN_OR_RETURN(const Call call, gate_.Enter(context, "ListServices"));
  v1::ListServicesResponse all = manager_.ListServices();
  auto& services = *all.mutable_services();
  services.erase(std::remove_if(services.begin(), services.end(),
                                [&](const v1::Service& service) {
                                  return !gate_.Decide(call, service.name()).ok();
                                }),
                 services.end());
  return MessageBuffer(all);
}

grpc::ServerUnaryReactor* DeploymentService::GetServerInfo(grpc::CallbackServerContext* context,
                                                           const grpc::ByteBuffer*,
                                                           grpc::ByteBuffer* response) {
  return Answer(context, Info(*context), response);
}

absl::StatusOr<grpc::ByteBuffer> DeploymentService::Info(
    const grpc::CallbackServerContext& context) const {
  SLUICE_RETURN_IF_ERROR(gate_.Enter(context, "GetServerInfo").status());
  v1::ServerInfo info = info_;
  info.set_epoch(registry_.epoch());
  info.set_newest_revision(registry_.newest_revision());
  info.set_failure(std::string(registry_.failure().message()));
  info.set_audit_failure(std::string(gate_.TrailFailure().message()));
  return MessageBuffer(info);
}

grpc::ServerUnaryReactor* DeploymentService::Backup(grpc::CallbackServerContext* context,
                                                    const grpc::ByteBuffer* bytes,
                                                    grpc::ByteBuffer* response) {
  const absl::StatusOr<Call> call = gate_.Enter(*context, "Backup");
  if (!call.ok()) return Answer(context, call.status(), response);
  const absl::StatusOr<v1::BackupRequest> request = AdmitBackup(*call, *bytes);
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  v1::AuditRecord record = MakeAuditRecord(call->principal, call->method);
  if (!request.ok()) {
    gate_.Record(*call, std::move(record), request.status(), FinishOf(reactor));
    return reactor;
  }
  record.set_what(request->file());
  gate_.Begin(*call, std::move(record),
              [this, call = *call, file = request->file(), response, reactor](
                  const absl::Status& begun, const v1::AuditRecord& begun_record) {
                const auto finish = [this, call, begun_record, reactor](const absl::Status& made) {
                  gate_.Record(call, begun_record, made, FinishOf(reactor));
                };
                if (!begun.ok()) return finish(begun);
                // What can be read by now is on the disk.
                v1::BackupResponse answer;
                answer.set_revision(registry_.newest_revision());
                *response = MessageBuffer(answer);
                backups_->Make(file, finish);
              });
  return reactor;
}

absl::StatusOr<v1::BackupRequest> DeploymentService::AdmitBackup(
    const Call& call, const grpc::ByteBuffer& bytes) const {
  if (const absl::Status decision = gate_.Decide(call, kAllServices); !decision.ok()) {
    return absl::Status(decision.code(),
                        absl::StrCat(decision.message(), "; a backup takes services: [\"*\"]"));
  }
  if (backups_ == nullptr) {
    return absl::FailedPreconditionError(
        "the daemon keeps its records in memory alone, so there is nothing to back up; set "
        "data_dir "
        "and restart it");
  }
  return ParseMessage<v1::BackupRequest>(bytes);
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* DeploymentService::WatchStates(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* bytes) {
  absl::StatusOr<Call> call = gate_.Enter(*context, "WatchStates");
  if (!call.ok()) return new RefusedStream(call.status());
  const auto request = ParseMessage<v1::WatchStatesRequest>(*bytes);
  if (!request.ok()) return new RefusedStream(request.status());
  absl::StatusOr<WatchStart> start = StartOfWatch(gate_, *call, registry_, *request);
  if (!start.ok()) return new RefusedStream(start.status());
  const Viewer viewer(gate_, *std::move(call), std::move(start->service));
  return WatchStream::Open(hub_, registry_, std::move(start->filter), start->revision, viewer);
}

}  // namespace sluice
