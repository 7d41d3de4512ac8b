// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/record_store/record_parts.h"

#include <cstdint>

#include "absl/functional/function_ref.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "google/protobuf/wire_format_lite.h"
#include "sluice/v1/deployment.pb.h"

namespace sluice {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;
using google::protobuf::io::CodedOutputStream;

// Some kilobytes each. A step names its targets.
constexpr int kTargetsInPart = 32;
constexpr int kStepsInPart = 8;

struct Field {
  int number = 0;
  absl::string_view whole;    // with its tag
  absl::string_view payload;  // of a message or text
};

void ForEachField(absl::string_view encoded, absl::FunctionRef<void(const Field&)> take) {
  const auto* data = reinterpret_cast<const uint8_t*>(encoded.data());
  CodedInputStream in(data, static_cast<int>(encoded.size()));
  while (true) {
    const auto begin = static_cast<size_t>(in.CurrentPosition());
    const uint32_t tag = in.ReadTag();
    if (tag == 0) return;
    Field field{.number = WireFormatLite::GetTagFieldNumber(tag)};
    const bool is_long =
        WireFormatLite::GetTagWireType(tag) == WireFormatLite::WIRETYPE_LENGTH_DELIMITED;
    uint32_t size = 0;
    const bool is_read = is_long ? in.ReadVarint32(&size) && in.Skip(static_cast<int>(size))
                                 : WireFormatLite::SkipField(&in, tag);
    if (!is_read) return;
    const auto end = static_cast<size_t>(in.CurrentPosition());
    field.whole = encoded.substr(begin, end - begin);
    if (is_long) field.payload = encoded.substr(end - size, size);
    take(field);
  }
}

void Append(absl::string_view bytes, std::string& to) { to.append(bytes.data(), bytes.size()); }

void AppendMessage(int number, absl::string_view payload, std::string& to) {
  google::protobuf::io::StringOutputStream stream(&to);
  CodedOutputStream out(&stream);
  out.WriteTag(WireFormatLite::MakeTag(number, WireFormatLite::WIRETYPE_LENGTH_DELIMITED));
  out.WriteVarint32(static_cast<uint32_t>(payload.size()));
  out.WriteRaw(payload.data(), static_cast<int>(payload.size()));
}

// Puts the first entries of a repeated field into one text, and the others into parts.
class Splitter {
 public:
  Splitter(int in_part, std::string& first, std::vector<std::string>& parts)
      : in_part_(in_part), first_(first), parts_(parts) {}

  void Add(absl::string_view entry) {
    if (count_ > 0 && count_ % in_part_ == 0) parts_.emplace_back();
    Append(entry, count_ < in_part_ ? first_ : parts_.back());
    ++count_;
  }

 private:
  const int in_part_;
  std::string& first_;
  std::vector<std::string>& parts_;
  int count_ = 0;
};

void SplitPlan(const Field& plan, RecordParts& record) {
  std::string first;
  std::vector<std::string> parts;
  Splitter steps(kStepsInPart, first, parts);
  ForEachField(plan.payload, [&](const Field& field) {
    field.number == v1::Plan::kStepsFieldNumber ? steps.Add(field.whole)
                                                : Append(field.whole, first);
  });
  AppendMessage(plan.number, first, record.head);
  for (const std::string& part : parts) {
    AppendMessage(plan.number, part, record.parts.emplace_back());
  }
}

}  // namespace

RecordParts SplitRecord(absl::string_view encoded) {
  RecordParts record;
  Splitter targets(kTargetsInPart, record.head, record.parts);
  ForEachField(encoded, [&](const Field& field) {
    switch (field.number) {
      case v1::DeploymentState::kTargetsFieldNumber:
        return targets.Add(field.whole);
      case v1::DeploymentState::kPlanFieldNumber:
      case v1::DeploymentState::kDeployPlanFieldNumber:
        return SplitPlan(field, record);
      default:
        Append(field.whole, record.head);
    }
  });
  return record;
}

}  // namespace sluice
