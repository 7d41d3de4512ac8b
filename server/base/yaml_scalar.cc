// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "base/yaml_scalar.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "absl/numeric/int128.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "base/duration_text.h"
#include "base/status_macros.h"
#include "base/timestamp.h"
#include "base/violations.h"
#include "google/protobuf/duration.pb.h"

namespace sluice {
namespace {

using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

absl::Status Mismatch(absl::string_view wanted, const YamlNode& node) {
  return absl::InvalidArgumentError(
      absl::StrCat("must be ", wanted, ", is ", node.quoted ? "the text " : "", Quoted(node.text)));
}

template <typename Integer>
absl::StatusOr<Integer> ParseInteger(const YamlNode& node) {
  Integer value;
  if (!node.quoted && absl::SimpleAtoi(node.text, &value)) return value;
  absl::int128 wide;
  if (node.quoted || !absl::SimpleAtoi(node.text, &wide)) return Mismatch("a whole number", node);
  return Mismatch(absl::StrCat("a whole number from ", std::numeric_limits<Integer>::min(), " to ",
                               std::numeric_limits<Integer>::max()),
                  node);
}

absl::StatusOr<double> ParseNumber(const YamlNode& node) {
  double value;
  if (node.quoted || !absl::SimpleAtod(node.text, &value)) return Mismatch("a number", node);
  if (!std::isfinite(value)) return Mismatch("a finite number", node);
  return value;
}

absl::StatusOr<bool> ParseBool(const YamlNode& node) {
  if (!node.quoted && node.text == "true") return true;
  if (!node.quoted && node.text == "false") return false;
  return Mismatch("true or false", node);
}

// FailurePolicy → "FAILURE_POLICY_"
std::string EnumPrefix(const EnumDescriptor& type) {
  std::string prefix;
  for (const char c : type.name()) {
    if (absl::ascii_isupper(c) && !prefix.empty()) prefix.push_back('_');
    prefix.push_back(absl::ascii_toupper(c));
  }
  return absl::StrCat(prefix, "_");
}

std::string ShortName(const EnumValueDescriptor& value) {
  const std::string prefix = EnumPrefix(*value.type());
  return absl::AsciiStrToLower(absl::StripPrefix(value.name(), prefix));
}

absl::StatusOr<const EnumValueDescriptor*> ParseEnum(const YamlNode& node,
                                                     const EnumDescriptor& type) {
  std::vector<std::string> known;
  for (int i = 0; i < type.value_count(); ++i) {
    const EnumValueDescriptor* value = type.value(i);
    if (node.text == value->name() || node.text == ShortName(*value)) return value;
    if (value->number() != 0) known.push_back(ShortName(*value));
  }
  return Mismatch(absl::StrCat("one of ", absl::StrJoin(known, ", ")), node);
}

absl::Status SetDuration(const YamlNode& node, const FieldDescriptor& field, Message& message) {
  SLUICE_ASSIGN_OR_RETURN(const absl::Duration duration, ParseDuration(node.text));
  const Reflection* reflection = message.GetReflection();
  Message* target = field.is_repeated() ? reflection->AddMessage(&message, &field)
                                        : reflection->MutableMessage(&message, &field);
  target->CopyFrom(ToProtoDuration(duration));
  return absl::OkStatus();
}

// Stores `value` with the setter or the adder of its type.
template <typename Value, typename Set, typename Add>
absl::Status Store(absl::StatusOr<Value> value, const FieldDescriptor& field, Message& message,
                   Set set, Add add) {
  SLUICE_RETURN_IF_ERROR(value.status());
  const Reflection* reflection = message.GetReflection();
  if (field.is_repeated()) {
    (reflection->*add)(&message, &field, *std::move(value));
  } else {
    (reflection->*set)(&message, &field, *std::move(value));
  }
  return absl::OkStatus();
}

size_t EditDistance(absl::string_view a, absl::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, replaced}));
    }
  }
  return row[b.size()];
}

// batchSize, batch-size and Batch_Size are near to batch_size.
std::string Folded(absl::string_view word) {
  return absl::StrReplaceAll(absl::AsciiStrToLower(word), {{"_", ""}, {"-", ""}});
}

}  // namespace

bool IsScalarField(const FieldDescriptor& field) {
  return field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE ||
         field.message_type() == google::protobuf::Duration::descriptor();
}

absl::Status SetScalar(const YamlNode& node, const FieldDescriptor& field, Message& message) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return Store(ParseInteger<int32_t>(node), field, message, &Reflection::SetInt32,
                   &Reflection::AddInt32);
    case FieldDescriptor::CPPTYPE_INT64:
      return Store(ParseInteger<int64_t>(node), field, message, &Reflection::SetInt64,
                   &Reflection::AddInt64);
    case FieldDescriptor::CPPTYPE_UINT32:
      return Store(ParseInteger<uint32_t>(node), field, message, &Reflection::SetUInt32,
                   &Reflection::AddUInt32);
    case FieldDescriptor::CPPTYPE_UINT64:
      return Store(ParseInteger<uint64_t>(node), field, message, &Reflection::SetUInt64,
                   &Reflection::AddUInt64);
    case FieldDescriptor::CPPTYPE_FLOAT:
      return Store(ParseNumber(node), field, message, &Reflection::SetFloat, &Reflection::AddFloat);
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return Store(ParseNumber(node), field, message, &Reflection::SetDouble,
                   &Reflection::AddDouble);
    case FieldDescriptor::CPPTYPE_BOOL:
      return Store(ParseBool(node), field, message, &Reflection::SetBool, &Reflection::AddBool);
    case FieldDescriptor::CPPTYPE_ENUM:
      return Store(ParseEnum(node, *field.enum_type()), field, message, &Reflection::SetEnum,
                   &Reflection::AddEnum);
    case FieldDescriptor::CPPTYPE_STRING:
      return Store(absl::StatusOr<std::string>(node.text), field, message, &Reflection::SetString,
                   &Reflection::AddString);
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return SetDuration(node, field, message);
  }
  return absl::InternalError(absl::StrCat("unknown type of field ", field.full_name()));
}

std::string DidYouMean(absl::string_view given, const std::vector<std::string>& known) {
  const std::string folded = Folded(given);
  const std::string* nearest = nullptr;
  // A third of the word may differ.
  size_t nearest_distance = given.size() / 3 + 1;
  for (const std::string& word : known) {
    const size_t distance = EditDistance(folded, Folded(word));
    if (distance >= nearest_distance) continue;
    nearest = &word;
    nearest_distance = distance;
  }
  return nearest == nullptr ? "" : absl::StrCat("; did you mean ", *nearest, "?");
}

}  // namespace sluice
