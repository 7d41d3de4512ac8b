// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// What the gRPC drivers share: how a target is called over gRPC, and what its answer means.
// Thread-safe; a call blocks its thread.

#ifndef SLUICE_DRIVERS_SHARED_GRPC_CALL_H_
#define SLUICE_DRIVERS_SHARED_GRPC_CALL_H_

#include <grpcpp/grpcpp.h>

#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace sluice {

// A plaintext channel with a connection of its own. Made for each call and not kept: a call then
// says whether the target can be reached now, not whether an old connection still waits out its
// backoff, and targets that are gone leave nothing behind.
std::shared_ptr<grpc::Channel> DialTarget(const std::string& address);

// Makes the call that `call` makes with the context; it ends at `timeout` (DEADLINE_EXCEEDED) and
// when `stop` is requested (CANCELLED). A target that itself answers CANCELLED gives UNKNOWN.
absl::Status CallTarget(const std::function<grpc::Status(grpc::ClientContext*)>& call,
                        absl::Duration timeout, const std::stop_token& stop);

}  // namespace sluice

#endif  // SLUICE_DRIVERS_SHARED_GRPC_CALL_H_
