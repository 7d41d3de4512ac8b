// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "rpc/call_gate.h"

#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/audit/audit_line.h"
#include "base/failpoint.h"
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
      absl::StrCat("it was done, but the audit trail could not record that: ", why.message()));
}

absl::Status Unwritable(const absl::Status& why) {
  return absl::UnavailableError(
      absl::StrCat("nothing is changed while the audit trail cannot be written: ", why.message()));
}

void LogLost(const absl::Status& why) {
  spdlog::warn("event=audit_lost reason={}", Quoted(why.message()));
}

}  // namespace

absl::StatusOr<Call> CallGate::Identify(const grpc::CallbackServerContext& context,
                                        absl::string_view method) const {
  SLUICE_FAILPOINT("call.before_gate");
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
  return Call{*std::move(principal), path};
}

absl::StatusOr<Call> CallGate::Enter(const grpc::CallbackServerContext& context,
                                     absl::string_view method) const {
  SLUICE_ASSIGN_OR_RETURN(Call call, Identify(context, method));
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

absl::Status CallGate::CheckRecording() const {
  const absl::Status status = trail_->status();
  return status.ok() ? status : Unwritable(status);
}

absl::Status CallGate::MayBegin(const Call& call) const {
  SLUICE_RETURN_IF_ERROR(CheckRecording());
  return budget_.Begin(call.principal.Key(), clock_.Monotonic());
}

void CallGate::Begin(const Call& call, v1::AuditRecord record, const Begun& begun) const {
  if (trail_ == nullptr) return begun(absl::OkStatus(), std::move(record));
  if (const absl::Status may = MayBegin(call); !may.ok()) return begun(may, std::move(record));
  v1::AuditRecord line = record;
  line.set_outcome(kBegunOutcome);
  const auto give_up = [this, caller = call.principal.Key()] {
    budget_.End(caller, false, clock_.Monotonic());
  };
  const auto done = [record, begun, give_up](const absl::StatusOr<int64_t>& sequence) {
    v1::AuditRecord ours = record;
    if (sequence.ok()) {
      ours.set_begun(*sequence);
    } else {
      give_up();
    }
    begun(sequence.ok() ? absl::OkStatus() : Unwritable(sequence.status()), std::move(ours));
  };
  const absl::Status taken = trail_->Append(std::move(line), done);
  if (taken.ok()) return;
  give_up();
  begun(Unwritable(taken), std::move(record));
}

void CallGate::Record(const Call& call, v1::AuditRecord record, const absl::Status& status,
                      const Answer& answer) const {
  if (trail_ == nullptr) return answer(status);
  if (record.outcome().empty()) SetOutcome(status, record);
  const auto done = [status, answer](const absl::StatusOr<int64_t>& written) {
    answer(written.ok() ? status : Unrecorded(status, written.status()));
  };
  if (record.begun() > 0) {
    budget_.End(call.principal.Key(), !status.ok(), clock_.Monotonic());
    return trail_->AppendDone(std::move(record), done);
  }
  if (!MayRecordRefusal(call.principal)) return answer(status);
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
  const absl::Duration now = clock_.Monotonic();
  const std::string caller = principal.Key();
  if (budget_.TakeRefusal(caller, now)) return true;
  if (log_lines_.Take(now)) {
    spdlog::warn("event=refusals_unrecorded count={} last_of={}", budget_.Missed(), Quoted(caller));
  }
  return false;
}

}  // namespace sluice
