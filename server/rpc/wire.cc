// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "rpc/wire.h"

#include <string>

#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "google/protobuf/wire_format_lite.h"
#include "grpcpp/support/slice.h"
#include "sluice/v1/deployment_service.pb.h"

namespace sluice {
namespace {

// A slice of the snapshot's encoding; it keeps the snapshot alive as long as gRPC needs it.
grpc::Slice SharedSlice(const SnapshotPtr& snapshot) {
  const std::string& wire = snapshot->Wire();
  return grpc::Slice(
      const_cast<char*>(wire.data()), wire.size(),
      [](void* holder) { delete static_cast<SnapshotPtr*>(holder); }, new SnapshotPtr(snapshot));
}

// WatchStatesResponse without the bytes of its state, which follow.
std::string WatchHeader(const Snapshot& snapshot) {
  using google::protobuf::internal::WireFormatLite;
  std::string header;
  google::protobuf::io::StringOutputStream stream(&header);
  google::protobuf::io::CodedOutputStream coded(&stream);
  WireFormatLite::WriteInt64(v1::WatchStatesResponse::kRevisionFieldNumber,
                             snapshot.state().revision(), &coded);
  coded.WriteTag(WireFormatLite::MakeTag(v1::WatchStatesResponse::kStateFieldNumber,
                                         WireFormatLite::WIRETYPE_LENGTH_DELIMITED));
  coded.WriteVarint32(static_cast<uint32_t>(snapshot.Wire().size()));
  coded.Trim();
  return header;
}

}  // namespace

grpc::ByteBuffer StateBuffer(const SnapshotPtr& snapshot) {
  const grpc::Slice slice = SharedSlice(snapshot);
  return grpc::ByteBuffer(&slice, 1);
}

grpc::ByteBuffer WatchBuffer(const SnapshotPtr& snapshot) {
  const grpc::Slice slices[] = {grpc::Slice(WatchHeader(*snapshot)), SharedSlice(snapshot)};
  return grpc::ByteBuffer(slices, 2);
}

grpc::ByteBuffer MessageBuffer(const google::protobuf::MessageLite& message) {
  const grpc::Slice slice(message.SerializeAsString());
  return grpc::ByteBuffer(&slice, 1);
}

}  // namespace sluice
