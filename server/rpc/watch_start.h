// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Where a WatchStates call begins, and what it may show. Used by the deployment service. Pure but
// for the gate's audit.

#ifndef SLUICE_RPC_WATCH_START_H_
#define SLUICE_RPC_WATCH_START_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "engine/registry.h"
#include "rpc/call_gate.h"
#include "sluice/v1/deployment_service.pb.h"

namespace sluice {

struct WatchStart {
  RecordFilter filter;
  int64_t revision = 0;
  std::optional<std::string> service;  // the only one that it shows
};

// The errors say what is wrong with the request, or that the caller may not watch that.
absl::StatusOr<WatchStart> StartOfWatch(const CallGate& gate, const Call& call,
                                        const Registry& registry,
                                        const v1::WatchStatesRequest& request);

}  // namespace sluice

#endif  // SLUICE_RPC_WATCH_START_H_
