// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// From the engine's errors to gRPC's, with the details that a client can read by program.

#ifndef SLUICE_RPC_STATUS_MAPPING_H_
#define SLUICE_RPC_STATUS_MAPPING_H_

#include "absl/status/status.h"
#include "grpcpp/support/status.h"

namespace sluice {

// The codes are the same. The message is cut to what fits into trailers; a BadRequest payload
// becomes a google.rpc.Status in the details.
grpc::Status ToGrpcStatus(const absl::Status& status);

}  // namespace sluice

#endif  // SLUICE_RPC_STATUS_MAPPING_H_
