// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "client/exit_code.h"

#include "absl/strings/match.h"

namespace sluice::client {

ExitCode OutcomeOf(const v1::DeploymentState& state) {
  if (state.status() == v1::STATUS_ROLLED_BACK) return ExitCode::kRolledBack;
  if (state.status() != v1::STATUS_FAILED) return ExitCode::kDone;
  const bool was_going_back =
      state.phase() == v1::PHASE_ROLLING_BACK || state.reason() == v1::REASON_ROLLBACK_FAILED;
  return was_going_back ? ExitCode::kRollbackIncomplete : ExitCode::kFailed;
}

ExitCode ExitCodeOf(grpc::StatusCode code) {
  switch (code) {
    case grpc::StatusCode::OK:
      return ExitCode::kDone;
    case grpc::StatusCode::INVALID_ARGUMENT:
    case grpc::StatusCode::NOT_FOUND:
    case grpc::StatusCode::ALREADY_EXISTS:
    case grpc::StatusCode::FAILED_PRECONDITION:
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
    case grpc::StatusCode::PERMISSION_DENIED:
    case grpc::StatusCode::UNAUTHENTICATED:
    case grpc::StatusCode::OUT_OF_RANGE:
      return ExitCode::kRefused;
    // Every call has a deadline of its own: a daemon that does not answer cannot be reached. One
    // that ends cancels calls.
    case grpc::StatusCode::DEADLINE_EXCEEDED:
    case grpc::StatusCode::CANCELLED:
    case grpc::StatusCode::UNAVAILABLE:
      return ExitCode::kUnreachable;
    default:
      return ExitCode::kFailed;
  }
}

ExitCode ExitCodeOf(const grpc::Status& status) {
  if (!IsOfTheAuditTrail(status)) return ExitCodeOf(status.error_code());
  return WasRefused(status) ? ExitCode::kRefused : ExitCode::kFailed;
}

bool IsOfTheAuditTrail(const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::UNAVAILABLE &&
         absl::StrContains(status.error_message(), "audit trail");
}

bool WasRefused(const grpc::Status& of_the_audit_trail) {
  return !absl::StartsWith(of_the_audit_trail.error_message(), "it was done");
}

ExitCode EndedBySignal(int signal_number) {
  return static_cast<ExitCode>(static_cast<int>(ExitCode::kSignalBase) + signal_number);
}

}  // namespace sluice::client
