// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/request_log.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/crypto/sha256.h"
#include "base/timestamp.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"

namespace sluice {
namespace {

constexpr absl::Duration kKept = absl::Hours(24);
constexpr size_t kMaxEntries = 100'000;

// Equal for equal content, whatever the order of map entries.
std::string HashOf(const google::protobuf::Message& request) {
  std::string bytes = request.GetTypeName();
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    request.SerializeToCodedStream(&coded);
  }
  return Sha256Hex(bytes);
}

// Neither part has a line break.
std::string KeyOf(const RequestLog::Name& name) {
  if (name.requester.empty()) return name.request_id;
  return absl::StrCat(name.requester, "\n", name.request_id);
}

}  // namespace

absl::StatusOr<std::optional<std::string>> RequestLog::Find(
    const Name& name, const google::protobuf::Message& request) const {
  const auto found = accepted_.find(KeyOf(name));
  if (name.request_id.empty() || found == accepted_.end()) return std::nullopt;
  const std::string& id = found->second.deployment_id();
  if (found->second.content_hash() == HashOf(request)) return id;
  return absl::AlreadyExistsError(absl::StrCat(
      "request_id ", name.request_id, " was used with other content, for deployment ", id));
}

RequestLog::Entry RequestLog::MakeEntry(const Name& name, const google::protobuf::Message& request,
                                        const std::string& deployment_id, absl::Time now) {
  Entry entry;
  if (name.request_id.empty()) return entry;
  entry.key = KeyOf(name);
  entry.accepted.set_deployment_id(deployment_id);
  entry.accepted.set_content_hash(HashOf(request));
  *entry.accepted.mutable_accept_time() = ToTimestamp(now);
  return entry;
}

std::vector<RequestLog::Entry> RequestLog::EntriesIn(const StoreChange& contents) {
  std::vector<Entry> entries;
  for (const auto& [key, accepted] : contents.requests) {
    if (accepted.has_value()) entries.push_back({key, *accepted});
  }
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return FromTimestamp(a.accepted.accept_time()) < FromTimestamp(b.accepted.accept_time());
  });
  return entries;
}

std::vector<std::string> RequestLog::Add(const Entry& entry, absl::Duration since) {
  std::vector<std::string> forgotten;
  if (entry.key.empty()) return forgotten;
  const absl::Time now = FromTimestamp(entry.accepted.accept_time());
  const auto is_old = [&](const Age& age) {
    return age.time < now - kKept && age.since < since - kKept;
  };
  while (!by_age_.empty() && (is_old(by_age_.front()) || by_age_.size() >= kMaxEntries)) {
    accepted_.erase(by_age_.front().key);
    forgotten.push_back(by_age_.front().key);
    by_age_.pop_front();
  }
  accepted_[entry.key] = entry.accepted;
  by_age_.push_back({now, since, entry.key});
  return forgotten;
}

}  // namespace sluice
