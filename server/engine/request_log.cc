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

std::string RequesterIn(const std::string& key) {
  const size_t end = key.find('\n');
  return end == std::string::npos ? "" : key.substr(0, end);
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

std::vector<std::string> RequestLog::ForgetOld(absl::Time now, absl::Duration since) {
  std::vector<std::string> forgotten;
  const auto is_old = [&](const Age& age) {
    return age.time < now - kKept && age.since < since - kKept;
  };
  while (!by_age_.empty() && is_old(by_age_.front())) {
    const std::string& key = by_age_.front().key;
    accepted_.erase(key);
    const auto count = counts_.find(RequesterIn(key));
    if (--count->second == 0) counts_.erase(count);
    forgotten.push_back(key);
    by_age_.pop_front();
  }
  return forgotten;
}

absl::Status RequestLog::CheckRoom(const Name& name) const {
  if (name.request_id.empty()) return absl::OkStatus();
  const auto count = counts_.find(name.requester);
  const size_t own = count == counts_.end() ? 0 : count->second;
  const bool is_told_apart = !name.requester.empty();
  const size_t most = is_told_apart ? limits_.of_one : limits_.of_all;
  const bool all_are_full = is_told_apart && accepted_.size() >= limits_.of_all;
  if (own < most && (!all_are_full || own < limits_.of_each)) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      absl::StrCat("request_id: ", own, " are remembered for 24 hours each, and there is no room ",
                   "for more; leave request_id out, or try again later"));
}

void RequestLog::Add(const Entry& entry, absl::Duration since) {
  if (entry.key.empty()) return;
  const bool is_new = accepted_.insert_or_assign(entry.key, entry.accepted).second;
  if (!is_new) return;
  ++counts_[RequesterIn(entry.key)];
  by_age_.push_back({FromTimestamp(entry.accepted.accept_time()), since, entry.key});
}

}  // namespace sluice
