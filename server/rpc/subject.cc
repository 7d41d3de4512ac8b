// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "rpc/subject.h"

#include "absl/strings/str_cat.h"
#include "auth/audit_trail.h"
#include "base/crypto/token.h"
#include "base/status_macros.h"
#include "base/violations.h"
#include "engine/verb_request.h"

namespace sluice {
namespace {

// The trail keeps no more.
constexpr size_t kMaxWhatBytes = 256;

absl::Status Admit(const CallGate& gate, const Call& call, const std::string& service,
                   v1::AuditRecord& record) {
  record.set_service(service);
  return gate.Decide(call, service);
}

void RedactMetadata(v1::DeployRequest& request) {
  google::protobuf::Map<std::string, std::string> redacted;
  for (const auto& [key, value] : request.metadata()) {
    redacted[RedactTokens(key)] = RedactTokens(value);
  }
  request.mutable_metadata()->swap(redacted);
}

std::string WhatIsDeployed(const v1::DeployRequest& request) {
  std::string what = request.version();
  const char* separator = " on ";
  for (const v1::Target& target : request.targets()) {
    if (what.size() > kMaxWhatBytes) break;
    absl::StrAppend(&what, separator, target.id());
    separator = ", ";
  }
  return what;
}

// For the deployment whose id, or its beginning, is `id`; makes it whole.
absl::Status AdmitToDeployment(const CallGate& gate, const Call& call, const Registry& registry,
                               std::string& id, v1::AuditRecord& record) {
  const std::string given = id;
  SLUICE_ASSIGN_OR_RETURN(id, Resolve(gate, call, registry, given));
  record.set_deployment(id);
  SLUICE_ASSIGN_OR_RETURN(const std::string service, ServiceOf(registry, id));
  const absl::Status decision = Admit(gate, call, service, record);
  if (decision.ok()) return decision;
  SetOutcome(decision, record);
  return Hidden(gate, call, service, given, decision);
}

// Who may roll back and not deploy must not deploy by rolling back to what never ran.
absl::Status AdmitVersion(const CallGate& gate, const Call& call, const Registry& registry,
                          const std::string& service, const std::string& to_version) {
  if (to_version.empty() || gate.MayDeploy(call, service)) return absl::OkStatus();
  if (registry.HasRun(service, to_version)) return absl::OkStatus();
  return absl::PermissionDeniedError(
      absl::StrCat(call.principal.Describe(), " may roll the service ", Quoted(service),
                   " back to what ran before; to ", Quoted(to_version),
                   ", which none of its deployments knows, takes a grant for Deploy too"));
}

}  // namespace

absl::StatusOr<std::string> Resolve(const CallGate& gate, const Call& call,
                                    const Registry& registry, const std::string& id) {
  return registry.Resolve(id, [&](const std::string& service) { return gate.Sees(call, service); });
}

absl::StatusOr<std::string> ServiceOf(const Registry& registry, const std::string& id) {
  std::string service;
  SLUICE_RETURN_IF_ERROR(registry.Read(
      id, [&service](const v1::DeploymentState& state) { service = state.service(); }));
  return service;
}

absl::Status Hidden(const CallGate& gate, const Call& call, const std::string& service,
                    const std::string& id, const absl::Status& refusal) {
  return gate.MayRead(call, service) ? refusal : NoDeployment(id);
}

absl::Status AdmitChange(const CallGate& gate, const Call& call, const Registry&,
                         v1::DeployRequest& request, v1::AuditRecord& record) {
  RedactMetadata(request);
  request.set_reason(RedactTokens(request.reason()));
  record.set_reason(request.reason());
  record.set_request_id(request.request_id());
  record.set_what(WhatIsDeployed(request));
  return Admit(gate, call, request.service(), record);
}

absl::Status AdmitChange(const CallGate& gate, const Call& call, const Registry& registry,
                         v1::RollbackRequest& request, v1::AuditRecord& record) {
  request.set_reason(RedactTokens(request.reason()));
  record.set_reason(request.reason());
  record.set_request_id(request.request_id());
  record.set_what(request.to_version());
  SLUICE_RETURN_IF_ERROR(ValidateRollback(request));
  SLUICE_RETURN_IF_ERROR(
      request.has_service()
          ? Admit(gate, call, request.service(), record)
          : AdmitToDeployment(gate, call, registry, *request.mutable_deployment_id(), record));
  return AdmitVersion(gate, call, registry, record.service(), request.to_version());
}

absl::Status AdmitChange(const CallGate& gate, const Call& call, const Registry& registry,
                         v1::PromoteRequest& request, v1::AuditRecord& record) {
  if (request.full()) record.set_what("full");
  return AdmitVerb(gate, call, registry, *request.mutable_reason(),
                   *request.mutable_deployment_id(), record);
}

absl::Status AdmitVerb(const CallGate& gate, const Call& call, const Registry& registry,
                       std::string& reason, std::string& deployment_id, v1::AuditRecord& record) {
  reason = RedactTokens(reason);
  record.set_reason(reason);
  SLUICE_RETURN_IF_ERROR(ValidateVerb(deployment_id, reason));
  return AdmitToDeployment(gate, call, registry, deployment_id, record);
}

}  // namespace sluice
