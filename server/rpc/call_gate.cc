// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "rpc/call_gate.h"

#include <memory>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/violations.h"
#include "rpc/connection_principal.h"
#include "spdlog/spdlog.h"

namespace sluice {
namespace {

constexpr char kService[] = "/sluice.v1.DeploymentService/";
constexpr char kRead[] = "/sluice.v1.DeploymentService/GetState";
constexpr char kDeploy[] = "/sluice.v1.DeploymentService/Deploy";
constexpr char kAuthorization[] = "authorization";

std::vector<absl::string_view> Authorization(const grpc::CallbackServerContext& context) {
  std::vector<absl::string_view> values;
  const auto [begin, end] = context.client_metadata().equal_range(kAuthorization);
  for (auto it = begin; it != end; ++it) values.emplace_back(it->second.data(), it->second.size());
  return values;
}

absl::Status CheckMetadata(const grpc::CallbackServerContext& context) {
  // What HTTP/2 adds for each.
  constexpr size_t kFieldBytes = 32;
  size_t size = 0;
  for (const auto& [name, value] : context.client_metadata()) {
    size += name.size() + value.size() + kFieldBytes;
  }
  if (size <= CallGate::kMaxMetadataBytes) return absl::OkStatus();
  return absl::ResourceExhaustedError(absl::StrCat("the call's metadata takes ", size,
                                                   " bytes, at most ", CallGate::kMaxMetadataBytes,
                                                   " are accepted"));
}

// What was refused is refused all the same; who was told that something is done must know more.
absl::Status Unrecorded(const absl::Status& outcome, const absl::Status& why) {
  if (!outcome.ok()) return outcome;
  return absl::DataLossError(
      absl::StrCat("it was done, but the audit trail could not record it: ", why.message()));
}

void LogLost(const absl::Status& why) {
  spdlog::warn("event=audit_lost reason={}", Quoted(why.message()));
}

}  // namespace

absl::StatusOr<Call> CallGate::Enter(const grpc::CallbackServerContext& context,
                                     absl::string_view method) const {
  SLUICE_RETURN_IF_ERROR(CheckMetadata(context));
  Principal connection = ConnectionPrincipal(context, connections_);
  const std::string path = absl::StrCat(kService, method);
  absl::StatusOr<Principal> principal = access_.Authenticate(Authorization(context), connection);
  if (!principal.ok()) {
    // Whose token it is, is not known: only where it came from.
    connection.identity = AnonymousIdentity();
    RecordRefusal(connection, path, std::nullopt, principal.status());
    return principal.status();
  }
  Call call{*std::move(principal), path};
  SLUICE_RETURN_IF_ERROR(Admit(call, std::nullopt));
  return call;
}

absl::Status CallGate::Admit(const Call& call, std::optional<absl::string_view> service) const {
  const absl::Status decision = Decide(call, service);
  if (!decision.ok()) RecordRefusal(call.principal, call.method, service, decision);
  return decision;
}

bool CallGate::MayRead(const Call& call, absl::string_view service) const {
  return access_.Decide(call.principal, kRead, service).ok();
}

bool CallGate::MayDeploy(const Call& call, absl::string_view service) const {
  return access_.Decide(call.principal, kDeploy, service).ok();
}

std::string CallGate::RequesterOf(const Call& call) const {
  if (!access_.is_closed()) return "";
  // Not by name, which the system may know today and not tomorrow.
  if (const auto* user = std::get_if<UnixIdentity>(&call.principal.identity)) {
    return absl::StrCat("unix uid ", user->uid);
  }
  return absl::StrCat(call.principal.How(), " ", call.principal.Name());
}

absl::Status CallGate::CheckRecording() const {
  const absl::Status status = trail_ == nullptr ? absl::OkStatus() : trail_->status();
  if (status.ok()) return status;
  return absl::UnavailableError(absl::StrCat(
      "nothing is changed while the audit trail cannot be written: ", status.message()));
}

void CallGate::Record(v1::AuditRecord record, const absl::Status& status,
                      const Answer& answer) const {
  if (trail_ == nullptr) return answer(status);
  if (record.outcome().empty()) SetOutcome(status, record);
  const auto done = [status, answer](const absl::Status& written) {
    answer(written.ok() ? status : Unrecorded(status, written));
  };
  if (status.ok()) return trail_->AppendDone(std::move(record), done);
  const absl::Status taken = trail_->Append(std::move(record), done);
  if (taken.ok()) return;
  LogLost(taken);
  answer(status);
}

void CallGate::RecordRefusal(const Principal& principal, absl::string_view method,
                             std::optional<absl::string_view> service,
                             const absl::Status& refusal) const {
  if (trail_ == nullptr || !MayRecordRefusal(principal)) return;
  v1::AuditRecord record = MakeAuditRecord(principal, method);
  record.set_service(std::string(service.value_or("")));
  SetOutcome(refusal, record);
  const absl::Status taken = trail_->Append(std::move(record));
  if (!taken.ok()) LogLost(taken);
}

bool CallGate::MayRecordRefusal(const Principal& principal) const {
  const bool is_known = !std::holds_alternative<AnonymousIdentity>(principal.identity);
  const absl::Duration now = clock_.Monotonic();
  if ((is_known ? of_known_ : of_anonymous_).Take(now)) return true;
  if (log_lines_.Take(now)) {
    spdlog::warn("event=refusals_unrecorded known={} anonymous={}", of_known_.Missed(),
                 of_anonymous_.Missed());
  }
  return false;
}

}  // namespace sluice
