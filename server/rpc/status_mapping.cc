// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "rpc/status_mapping.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "base/violations.h"
#include "google/rpc/error_details.pb.h"

namespace sluice {
namespace {

// Clients take 8 KiB of trailers by default. The message stands there twice, once percent-encoded,
// and the details in base64.
constexpr size_t kMaxMessageBytes = 1024;
constexpr size_t kMaxDetailBytes = 3 * 1024;

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
  const int left = all.field_violations_size() - fitting.field_violations_size();
  if (left > 0) {
    fitting.add_field_violations()->set_description(
        absl::StrCat("and ", left, " more, which do not fit into an answer"));
  }
  return fitting;
}

// What a byte takes in the grpc-message trailer.
size_t EncodedBytes(char byte) { return byte >= ' ' && byte <= '~' && byte != '%' ? 1 : 3; }

// Cut before the first byte of a character, so that what is left is valid UTF-8.
std::string Cut(std::string text) {
  size_t end = 0;
  for (size_t bytes = 0; end < text.size(); ++end) {
    bytes += EncodedBytes(text[end]);
    if (bytes > kMaxMessageBytes) break;
  }
  if (end == text.size()) return text;
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
