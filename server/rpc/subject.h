// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// What a request is about, found out before anything is done: the service decides whether the
// caller may, and the whole id is what is then acted on, so that no other deployment can take its
// place in between. Used by the deployment service.

#ifndef SLUICE_RPC_SUBJECT_H_
#define SLUICE_RPC_SUBJECT_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/registry.h"
#include "rpc/call_gate.h"
#include "sluice/v1/audit.pb.h"
#include "sluice/v1/deployment_service.pb.h"

namespace sluice {

// The whole id of the deployment that the call names by `id`, or by its beginning: of those alone
// that the caller may know of.
absl::StatusOr<std::string> Resolve(const CallGate& gate, const Call& call,
                                    const Registry& registry, const std::string& id);

// The service of the deployment `id`, a whole one.
absl::StatusOr<std::string> ServiceOf(const Registry& registry, const std::string& id);

// What a caller is told who may not read the service of a deployment: the same as when there is no
// such deployment. Else `refusal` itself.
absl::Status Hidden(const CallGate& gate, const Call& call, const std::string& service,
                    const std::string& id, const absl::Status& refusal);

// Finds what the request is about, asks whether the caller may, and fills what is known by then
// into the record: also the outcome, when it is to say more than the caller is told. Ids in the
// request become whole ones, and tokens in what people write are redacted: the engine keeps and
// shows it. Faults of the request are INVALID_ARGUMENT.
absl::Status AdmitChange(const CallGate& gate, const Call& call, const Registry& registry,
                         v1::DeployRequest& request, v1::AuditRecord& record);
absl::Status AdmitChange(const CallGate& gate, const Call& call, const Registry& registry,
                         v1::RollbackRequest& request, v1::AuditRecord& record);
absl::Status AdmitChange(const CallGate& gate, const Call& call, const Registry& registry,
                         v1::PromoteRequest& request, v1::AuditRecord& record);
// The same for pause, resume and abort, by what they have in common.
absl::Status AdmitVerb(const CallGate& gate, const Call& call, const Registry& registry,
                       std::string& reason, std::string& deployment_id, v1::AuditRecord& record);
template <typename Request>
absl::Status AdmitChange(const CallGate& gate, const Call& call, const Registry& registry,
                         Request& request, v1::AuditRecord& record) {
  return AdmitVerb(gate, call, registry, *request.mutable_reason(),
                   *request.mutable_deployment_id(), record);
}

}  // namespace sluice

#endif  // SLUICE_RPC_SUBJECT_H_
