// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "rpc/watch_start.h"

#include "base/status_macros.h"
#include "base/violations.h"
#include "rpc/subject.h"

namespace sluice {
namespace {

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

// Sets what the stream is about, when the caller may see it.
absl::Status SetSubject(const CallGate& gate, const Call& call, const Registry& registry,
                        const v1::WatchStatesRequest& request, WatchStart& start) {
  start.filter.service = request.service();
  if (!request.service().empty()) start.service = request.service();
  if (!request.has_deployment_id()) return gate.Admit(call, start.service);
  SLUICE_ASSIGN_OR_RETURN(start.filter.deployment_id,
                          Resolve(gate, call, registry, request.deployment_id()));
  SLUICE_ASSIGN_OR_RETURN(start.service, ServiceOf(registry, start.filter.deployment_id));
  const absl::Status decision = gate.Admit(call, start.service);
  if (decision.ok()) return decision;
  return Hidden(gate, call, *start.service, request.deployment_id(), decision);
}

}  // namespace

absl::StatusOr<WatchStart> StartOfWatch(const CallGate& gate, const Call& call,
                                        const Registry& registry,
                                        const v1::WatchStatesRequest& request) {
  if (request.from_revision() < 0) {
    return ViolationError("from_revision", "must be 0 or more");
  }
  WatchStart start{.filter = {}, .revision = request.from_revision(), .service = {}};
  // Asked before what is present, so that nothing ends unseen in between.
  const int64_t begun = registry.newest_revision();
  SLUICE_RETURN_IF_ERROR(SetSubject(gate, call, registry, request, start));
  if (start.revision == 0) {
    SLUICE_ASSIGN_OR_RETURN(start.filter.after, BeforeThePresent(registry, start.filter));
    // A deployment is there as a whole, or not at all.
    if (start.filter.deployment_id.empty()) start.filter.begun = begun;
  }
  return start;
}

}  // namespace sluice
