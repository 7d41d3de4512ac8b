// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/verb_request.h"

#include "absl/strings/str_cat.h"
#include "base/violations.h"
#include "strategy/deployment_state.h"

namespace sluice {
namespace {

constexpr size_t kMaxRequestIdBytes = 128;
constexpr size_t kMaxReasonBytes = 1024;

}  // namespace

absl::Status ValidateRollback(const v1::RollbackRequest& request) {
  Violations violations;
  CheckText("request_id", request.request_id(), kMaxRequestIdBytes, violations);
  CheckText("reason", request.reason(), kMaxReasonBytes, violations);
  if (!request.to_version().empty()) CheckVersion("to_version", request.to_version(), violations);
  if (request.subject_case() == v1::RollbackRequest::SUBJECT_NOT_SET) {
    violations.Add("deployment_id", "must be given, or service");
  }
  return violations.ToStatus();
}

absl::Status CheckRollback(const v1::RollbackRequest& request, const v1::DeploymentState& state,
                           Interrupt interrupt) {
  const std::string which =
      absl::StrCat("deployment ", state.id(), " is ", StatusName(state.status()));
  if (interrupt >= Interrupt::kAbort) {
    return absl::FailedPreconditionError(
        absl::StrCat(which, " and being aborted; roll it back when it has ended"));
  }
  const bool is_pending = state.status() == v1::STATUS_PENDING;
  if (request.to_version().empty() || !(is_pending || state.phase() == v1::PHASE_ROLLING_BACK)) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(
      absl::StrCat(which, is_pending ? " and has touched nothing" : " and rolling back already",
                   "; it cannot go to ", request.to_version()));
}

absl::Status ValidateVerb(const std::string& deployment_id, const std::string& reason) {
  Violations violations;
  if (deployment_id.empty()) violations.Add("deployment_id", "must be given");
  CheckText("reason", reason, kMaxReasonBytes, violations);
  return violations.ToStatus();
}

std::string WithControlReason(const std::string& what, const v1::DeploymentState& state) {
  return state.control_reason().empty() ? what : absl::StrCat(what, ": ", state.control_reason());
}

}  // namespace sluice
