// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The gate that every call of the deployment service passes: tells who calls, asks whether they
// may, and keeps the audit trail. Used by the service's methods and the watch streams.

#ifndef SLUICE_RPC_CALL_GATE_H_
#define SLUICE_RPC_CALL_GATE_H_

#include <functional>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "auth/access_control.h"
#include "auth/audit_trail.h"
#include "auth/principal.h"
#include "base/clock.h"
#include "grpcpp/server_context.h"
#include "rpc/audit_budget.h"
#include "rpc/connection_table.h"
#include "rpc/per_second.h"
#include "sluice/v1/audit.pb.h"

namespace sluice {

// One call that was let in.
struct Call {
  Principal principal;
  std::string method;  // "/sluice.v1.DeploymentService/Deploy"
};

// Thread-safe; nothing here blocks.
class CallGate {
 public:
  using Answer = std::function<void(const absl::Status&)>;

  // What a change that has begun goes on with: OK once the trail has it, else why nothing may be
  // changed; and the record with which to call Record, in any case.
  using Begun = std::function<void(const absl::Status&, v1::AuditRecord)>;

  // Of a call, as HTTP/2 counts it. gRPC keeps to it only once the caller has agreed to it.
  static constexpr size_t kMaxMetadataBytes = 16 * 1024;

  // All of them outlive the gate. Without a trail nothing is recorded.
  CallGate(const AccessControl& access, AuditTrail* trail, const ConnectionTable& connections,
           const Clock& clock)
      : access_(access), trail_(trail), connections_(connections), clock_(clock) {}

  // Who calls `method` ("Deploy"). A refusal is recorded.
  absl::StatusOr<Call> Identify(const grpc::CallbackServerContext& context,
                                absl::string_view method) const;
  // As Identify, when they may make the call for any service at all. A refusal is recorded.
  absl::StatusOr<Call> Enter(const grpc::CallbackServerContext& context,
                             absl::string_view method) const;

  // Whether the call may be about `service`; without one, whether it may still be made at all.
  absl::Status Decide(const Call& call, std::optional<absl::string_view> service) const {
    return access_.Decide(call.principal, call.method, service);
  }
  // As Decide; a refusal is recorded.
  absl::Status Admit(const Call& call, std::optional<absl::string_view> service) const;
  // Whether the caller may know of the service at all, whatever the call does to it.
  bool MayRead(const Call& call, absl::string_view service) const;
  // Whether the caller might as well deploy to the service.
  bool MayDeploy(const Call& call, absl::string_view service) const;
  // Whether the beginning of a deployment's id is one for this call: it may be about the service,
  // or be refused by name.
  bool Sees(const Call& call, absl::string_view service) const {
    return Decide(call, service).ok() || MayRead(call, service);
  }

  // Whose request ids the call brings. Empty while everybody may do everything.
  std::string RequesterOf(const Call& call) const {
    return access_.is_closed() ? call.principal.Key() : "";
  }

  // Why no change may begin: the trail cannot be written.
  absl::Status TrailFailure() const {
    return trail_ == nullptr ? absl::OkStatus() : trail_->failure();
  }

  // To be asked before anything is changed: keeps that the call begins, so that the trail says who
  // it was whatever becomes of the daemon. Without a trail `begun` is called at once, else on the
  // trail's thread. UNAVAILABLE while the trail cannot be written; RESOURCE_EXHAUSTED when too much
  // of the caller was refused.
  void Begin(const Call& call, v1::AuditRecord record, const Begun& begun) const;
  // Keeps what came of a call that was to change something, then answers it with `status`; with
  // DATA_LOSS when something was changed and its outcome could not be kept. Refusals of what had
  // not begun are kept within the caller's budget. Without a trail at once, else on the trail's
  // thread.
  void Record(const Call& call, v1::AuditRecord record, const absl::Status& status,
              const Answer& answer) const;

 private:
  // UNAVAILABLE while the trail cannot be written: nobody changes anything unrecorded.
  absl::Status CheckRecording() const;
  absl::Status MayBegin(const Call& call) const;
  void RecordRefusal(const Principal& principal, absl::string_view method,
                     std::optional<absl::string_view> service, const absl::Status& refusal) const;
  bool MayRecordRefusal(const Principal& principal) const;

  const AccessControl& access_;
  AuditTrail* const trail_;
  const ConnectionTable& connections_;
  const Clock& clock_;
  mutable AuditBudget budget_;
  mutable PerSecond log_lines_{1};
};

// A caller whose stream is open, and who is asked again as long as it is: a token may be revoked, a
// grant may go. Thread-safe; the gate outlives it.
class Viewer {
 public:
  // `service`: the one that the stream is about; without one it shows what the caller may see.
  Viewer(const CallGate& gate, Call call, std::optional<std::string> service)
      : gate_(gate), call_(std::move(call)), service_(std::move(service)) {}

  // Whom the stream counts for.
  std::string Key() const { return call_.principal.Key(); }
  // Why the stream has to end; that is recorded.
  absl::Status Check() const { return gate_.Admit(call_, service_); }
  bool Sees(absl::string_view service) const { return gate_.Decide(call_, service).ok(); }

 private:
  const CallGate& gate_;
  const Call call_;
  const std::optional<std::string> service_;
};

}  // namespace sluice

#endif  // SLUICE_RPC_CALL_GATE_H_
