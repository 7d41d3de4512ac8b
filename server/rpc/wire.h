// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Messages as gRPC byte buffers. Snapshots share their one encoding instead of copying it.

#ifndef SLUICE_RPC_WIRE_H_
#define SLUICE_RPC_WIRE_H_

#include "absl/status/statusor.h"
#include "engine/snapshot.h"
#include "google/protobuf/message_lite.h"
#include "grpcpp/impl/codegen/proto_utils.h"
#include "grpcpp/support/byte_buffer.h"

namespace sluice {

// No answer is larger: clients refuse more unless they are told otherwise.
inline constexpr int kMaxAnswerBytes = 4 * 1024 * 1024;

// A DeploymentState message.
grpc::ByteBuffer StateBuffer(const SnapshotPtr& snapshot);
// A WatchStatesResponse message with the state and its revision.
grpc::ByteBuffer WatchBuffer(const SnapshotPtr& snapshot);
grpc::ByteBuffer MessageBuffer(const google::protobuf::MessageLite& message);

// INVALID_ARGUMENT when the bytes are no such message.
template <typename Message>
absl::StatusOr<Message> ParseMessage(const grpc::ByteBuffer& bytes) {
  grpc::ByteBuffer buffer = bytes;
  Message message;
  if (!grpc::SerializationTraits<Message>::Deserialize(&buffer, &message).ok()) {
    return absl::InvalidArgumentError("the request is not a valid protobuf message");
  }
  return message;
}

}  // namespace sluice

#endif  // SLUICE_RPC_WIRE_H_
