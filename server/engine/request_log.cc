// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/request_log.h"

#include <functional>

#include "absl/strings/str_cat.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"

namespace sluice {
namespace {

constexpr absl::Duration kKept = absl::Hours(24);
constexpr size_t kMaxEntries = 100'000;

// Equal for equal content, whatever the order of map entries.
size_t FingerprintOf(const google::protobuf::Message& request) {
  std::string bytes = request.GetTypeName();
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    request.SerializeToCodedStream(&coded);
  }
  return std::hash<std::string>()(bytes);
}

}  // namespace

absl::StatusOr<std::optional<std::string>> RequestLog::Find(
    const std::string& request_id, const google::protobuf::Message& request) const {
  const auto found = entries_.find(request_id);
  if (request_id.empty() || found == entries_.end()) return std::nullopt;
  if (found->second.fingerprint != FingerprintOf(request)) {
    return absl::AlreadyExistsError(absl::StrCat("request_id ", request_id,
                                                 " was used with other content, for deployment ",
                                                 found->second.deployment_id));
  }
  return found->second.deployment_id;
}

void RequestLog::Add(const std::string& request_id, const google::protobuf::Message& request,
                     const std::string& deployment_id, absl::Time now) {
  if (request_id.empty()) return;
  while (!by_age_.empty() &&
         (by_age_.front().time < now - kKept || by_age_.size() >= kMaxEntries)) {
    entries_.erase(by_age_.front().request_id);
    by_age_.pop_front();
  }
  entries_[request_id] = {FingerprintOf(request), deployment_id};
  by_age_.push_back({now, request_id});
}

}  // namespace sluice
