// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/trace.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/crc32c.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "strategy/deployment_state.h"

namespace sluice {
namespace {

const char* NameOf(CallKind kind) {
  switch (kind) {
    case CallKind::kDeploy:
      return "deploy";
    case CallKind::kRunningVersion:
      return "ask";
    case CallKind::kHealth:
      return "check";
    case CallKind::kSetTraffic:
      return "traffic";
    case CallKind::kSwitch:
      return "switch";
    case CallKind::kSetFlag:
      return "flag";
  }
  return "unknown";
}

// Lines and a checksum, from the parts of a commit.
class Description {
 public:
  void Add(const std::string& line) { lines_.push_back(line); }
  void Add(const google::protobuf::Message& message) { sum_ = Crc32c(BytesOf(message), sum_); }
  std::string Text() const {
    return absl::StrCat(absl::StrJoin(lines_, ", "), "; sum ", absl::Hex(sum_, absl::kZeroPad8));
  }

 private:
  std::vector<std::string> lines_;
  uint32_t sum_ = 0;
};

void AddRecord(const std::string& id, const StoredRecord& record, Description& description) {
  if (record.state == nullptr) return description.Add(absl::StrCat(id, " erased"));
  const v1::DeploymentState& state = *record.state;
  description.Add(absl::StrCat(id, "@", state.revision(), " ", StatusName(state.status()), " step ",
                               state.current_step(), "/", state.plan().steps_size()));
  description.Add(state);
}

}  // namespace

std::string BytesOf(const google::protobuf::Message& message) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  message.SerializeToCodedStream(&coded);
  coded.Trim();
  return bytes;
}

std::string Describe(const StoreChange& change) {
  Description description;
  for (const auto& [id, record] : change.records) AddRecord(id, record, description);
  for (const auto& [revision, state] : change.replaced_states) {
    description.Add(absl::StrCat("replaced ", state->id(), "@", revision));
    description.Add(*state);
  }
  for (const auto& [key, request] : change.requests) {
    description.Add(absl::StrCat("request ", key));
    if (request.has_value()) description.Add(*request);
  }
  for (const auto& [name, memory] : change.services) {
    description.Add(absl::StrCat("service ", name));
    if (memory.has_value()) description.Add(*memory);
  }
  if (change.meta.has_value()) description.Add(*change.meta);
  return description.Text();
}

std::string Describe(const WorldCall& call) {
  const bool has_ended = call.end != absl::InfiniteDuration();
  return absl::StrCat(has_ended ? "end " : "begin ", NameOf(call.kind), " ", call.subject, "=",
                      call.version, " ", call.detail, " by ", call.deployment_id, " step ",
                      call.step, " attempt ", call.attempt, " epoch ", call.epoch,
                      has_ended ? absl::StrCat(" since ", absl::FormatDuration(call.begin), ": ",
                                               call.status.ToString())
                                : "");
}

void Trace::Add(const std::string& event) {
  std::string line = absl::StrCat(absl::FormatDuration(clock_.Monotonic()), " ", event);
  MutexLock lock(mutex_);
  lines_.push_back(std::move(line));
}

std::vector<std::string> Trace::lines() const {
  MutexLock lock(mutex_);
  return lines_;
}

std::string Trace::Tail(size_t count) const {
  MutexLock lock(mutex_);
  const auto begin = lines_.end() - static_cast<ptrdiff_t>(std::min(count, lines_.size()));
  return absl::StrJoin(begin, lines_.end(), "\n");
}

}  // namespace sluice
