// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "rpc/status_mapping.h"

#include <string>

#include "base/violations.h"
#include "google/rpc/error_details.pb.h"

namespace sluice {
namespace {

constexpr size_t kMaxMessageBytes = 1024;
// The trailers of a call may hold 16 KiB; violations beyond are left out of the details.
constexpr size_t kMaxDetailBytes = 6 * 1024;

google::rpc::BadRequest Fitting(const std::string& payload) {
  google::rpc::BadRequest all;
  all.ParseFromString(payload);
  google::rpc::BadRequest fitting;
  size_t bytes = 0;
  for (const auto& violation : all.field_violations()) {
    bytes += violation.ByteSizeLong() + 4;
    if (bytes > kMaxDetailBytes) break;
    *fitting.add_field_violations() = violation;
  }
  return fitting;
}

// Cut before the first byte of a character, so that what is left is valid UTF-8.
std::string Cut(std::string text) {
  if (text.size() <= kMaxMessageBytes) return text;
  size_t end = kMaxMessageBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

}  // namespace

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  const auto code = static_cast<grpc::StatusCode>(status.code());
  const std::string message = Cut(std::string(status.message()));
  const absl::optional<absl::Cord> payload = status.GetPayload(kBadRequestTypeUrl);
  if (!payload.has_value()) return grpc::Status(code, message);
  google::rpc::Status details;
  details.set_code(static_cast<int>(code));
  details.set_message(message);
  details.add_details()->PackFrom(Fitting(std::string(*payload)));
  return grpc::Status(code, message, details.SerializeAsString());
}

}  // namespace sluice
