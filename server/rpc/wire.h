// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Snapshots as gRPC byte buffers that share the snapshot's one encoding instead of copying it.

#ifndef SLUICE_RPC_WIRE_H_
#define SLUICE_RPC_WIRE_H_

#include "engine/snapshot.h"
#include "grpcpp/support/byte_buffer.h"

namespace sluice {

// A DeploymentState message.
grpc::ByteBuffer StateBuffer(const SnapshotPtr& snapshot);
// A WatchStatesResponse message with the state.
grpc::ByteBuffer WatchBuffer(const SnapshotPtr& snapshot);

}  // namespace sluice

#endif  // SLUICE_RPC_WIRE_H_
