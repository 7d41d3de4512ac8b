// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "client/output/document.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "base/timestamp.h"
#include "client/words.h"
#include "fmt/format.h"
#include "google/protobuf/descriptor.h"

namespace sluice::client {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

Document Number(double value) {
  return LiteralDocument(std::isfinite(value) ? fmt::format("{}", value) : "null");
}

std::string UtcText(const google::protobuf::Timestamp& timestamp) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", FromTimestamp(timestamp), absl::UTCTimeZone());
}

Document MessageValue(const Message& message) {
  if (const auto* time = dynamic_cast<const google::protobuf::Timestamp*>(&message)) {
    return TextDocument(UtcText(*time));
  }
  if (const auto* duration = dynamic_cast<const google::protobuf::Duration*>(&message)) {
    return TextDocument(fmt::format("{}s", absl::ToDoubleSeconds(FromProtoDuration(*duration))));
  }
  return ToDocument(message);
}

// The element `index` of a repeated field, or, when it is negative, the value of a single one.
Document Value(const Message& message, const FieldDescriptor& field, int index) {
  const Reflection& reflection = *message.GetReflection();
  const bool single = index < 0;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return LiteralDocument((single ? reflection.GetBool(message, &field)
                                     : reflection.GetRepeatedBool(message, &field, index))
                                 ? "true"
                                 : "false");
    case FieldDescriptor::CPPTYPE_INT32:
      return LiteralDocument(
          absl::StrCat(single ? reflection.GetInt32(message, &field)
                              : reflection.GetRepeatedInt32(message, &field, index)));
    case FieldDescriptor::CPPTYPE_INT64:
      return LiteralDocument(
          absl::StrCat(single ? reflection.GetInt64(message, &field)
                              : reflection.GetRepeatedInt64(message, &field, index)));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return Number(single ? reflection.GetDouble(message, &field)
                           : reflection.GetRepeatedDouble(message, &field, index));
    case FieldDescriptor::CPPTYPE_ENUM:
      return TextDocument(EnumWord(
          *field.enum_type(), single ? reflection.GetEnumValue(message, &field)
                                     : reflection.GetRepeatedEnumValue(message, &field, index)));
    case FieldDescriptor::CPPTYPE_STRING:
      return TextDocument(single ? reflection.GetString(message, &field)
                                 : reflection.GetRepeatedString(message, &field, index));
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return MessageValue(single ? reflection.GetMessage(message, &field)
                                 : reflection.GetRepeatedMessage(message, &field, index));
    default:
      // The contract has no other type.
      return LiteralDocument("null");
  }
}

// Map entries come in no fixed order; people and scripts want one.
Document MapValue(const Message& message, const FieldDescriptor& field) {
  Document map;
  const Reflection& reflection = *message.GetReflection();
  for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
    const Message& entry = reflection.GetRepeatedMessage(message, &field, i);
    const auto& type = *entry.GetDescriptor();
    map.members.push_back(
        {Value(entry, *type.map_key(), -1).scalar, Value(entry, *type.map_value(), -1)});
  }
  std::sort(map.members.begin(), map.members.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  return map;
}

Document ListValue(const Message& message, const FieldDescriptor& field) {
  Document list;
  list.kind = Document::Kind::kList;
  for (int i = 0; i < message.GetReflection()->FieldSize(message, &field); ++i) {
    list.items.push_back(Value(message, field, i));
  }
  return list;
}

Document FieldValue(const Message& message, const FieldDescriptor& field) {
  if (field.is_map()) return MapValue(message, field);
  return field.is_repeated() ? ListValue(message, field) : Value(message, field, -1);
}

bool IsLeftOut(const Message& message, const FieldDescriptor& field) {
  const Reflection& reflection = *message.GetReflection();
  if (field.is_repeated()) return false;
  if (field.has_presence()) return !reflection.HasField(message, &field);
  return field.cpp_type() == FieldDescriptor::CPPTYPE_ENUM &&
         reflection.GetEnumValue(message, &field) == 0;
}

}  // namespace

Document TextDocument(std::string text) { return {Document::Kind::kText, std::move(text), {}, {}}; }

Document LiteralDocument(std::string text) {
  return {Document::Kind::kLiteral, std::move(text), {}, {}};
}

Document ToDocument(const Message& message) {
  Document object;
  const auto& type = *message.GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (IsLeftOut(message, field)) continue;
    object.members.push_back({field.name(), FieldValue(message, field)});
  }
  return object;
}

}  // namespace sluice::client
