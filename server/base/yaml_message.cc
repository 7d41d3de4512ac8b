// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "base/yaml_message.h"

#include <algorithm>
#include <cstddef>
#include <tuple>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/yaml_scalar.h"
#include "google/protobuf/descriptor.h"

namespace sluice {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::OneofDescriptor;

using Positions = absl::flat_hash_map<std::string, YamlPosition>;

// The keys of one map so far, and the line of each.
using SeenKeys = absl::flat_hash_map<std::string, int>;

const char* KindName(YamlNode::Kind kind) {
  switch (kind) {
    case YamlNode::Kind::kNull:
      return "empty";
    case YamlNode::Kind::kScalar:
      return "a single value";
    case YamlNode::Kind::kSequence:
      return "a list";
    case YamlNode::Kind::kMap:
      return "a mapping";
  }
  return "unknown";
}

std::vector<std::string> FieldNames(const Descriptor& type) {
  std::vector<std::string> names;
  for (int i = 0; i < type.field_count(); ++i) names.push_back(type.field(i)->name());
  return names;
}

std::vector<std::string> FieldNames(const OneofDescriptor& oneof) {
  std::vector<std::string> names;
  for (int i = 0; i < oneof.field_count(); ++i) names.push_back(oneof.field(i)->name());
  return names;
}

// Walks tree and descriptor side by side. Recursion is as deep as the text, which yaml-cpp bounds.
class TreeReader {
 public:
  TreeReader(std::vector<YamlProblem>& problems, Positions& positions)
      : problems_(problems), positions_(positions) {}

  void ReadMessage(const YamlNode& node, const std::string& path, Message& message) {
    if (node.kind == YamlNode::Kind::kNull) return;
    if (node.kind != YamlNode::Kind::kMap) return WrongKind(node, path, "a mapping of settings");
    SeenKeys seen;
    for (size_t i = 0; i < node.keys.size(); ++i) {
      if (!CheckKey(node.keys[i], path, seen)) continue;
      ReadSetting(node.keys[i], node.items[i], path, message);
    }
  }

 private:
  void Report(const YamlNode& node, const std::string& path, absl::string_view description) {
    problems_.push_back({node.position, path, std::string(description)});
  }

  void WrongKind(const YamlNode& node, const std::string& path, absl::string_view wanted) {
    Report(node, path, absl::StrCat("must be ", wanted, ", is ", KindName(node.kind)));
  }

  bool CheckKey(const YamlNode& key, const std::string& path, SeenKeys& seen) {
    if (key.kind != YamlNode::Kind::kScalar) {
      Report(key, path, absl::StrCat("a setting's name must be text, is ", KindName(key.kind)));
      return false;
    }
    if (key.text == "<<" && !key.quoted) {
      Report(key, path, "merge keys (<<) are not supported; write the settings out");
      return false;
    }
    const auto [first, inserted] = seen.emplace(key.text, key.position.line);
    if (!inserted) {
      Report(key, FieldPath(path, key.text),
             absl::StrCat("is given twice; the first is on line ", first->second));
    }
    return inserted;
  }

  void ReadSetting(const YamlNode& key, const YamlNode& value, const std::string& path,
                   Message& message) {
    const std::string field_path = FieldPath(path, key.text);
    const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(key.text);
    if (field == nullptr) {
      const std::vector<std::string> known = FieldNames(*message.GetDescriptor());
      const std::string hint = DidYouMean(key.text, known);
      Report(key, field_path,
             hint.empty() ? absl::StrCat("no such setting; there are ", absl::StrJoin(known, ", "))
                          : absl::StrCat("no such setting", hint));
      return;
    }
    positions_[field_path] = key.position;
    if (IsSecondOfOneof(key, *field, field_path, message)) return;
    ReadField(value, *field, field_path, message);
  }

  bool IsSecondOfOneof(const YamlNode& key, const FieldDescriptor& field, const std::string& path,
                       const Message& message) {
    const OneofDescriptor* oneof = field.real_containing_oneof();
    if (oneof == nullptr || !message.GetReflection()->HasOneof(message, oneof)) return false;
    const FieldDescriptor* first = message.GetReflection()->GetOneofFieldDescriptor(message, oneof);
    Report(key, path,
           absl::StrCat("only one of ", absl::StrJoin(FieldNames(*oneof), ", "),
                        " may be given, and ", first->name(), " is"));
    return true;
  }

  void ReadField(const YamlNode& value, const FieldDescriptor& field, const std::string& path,
                 Message& message) {
    if (field.is_map()) {
      ReadMap(value, field, path, message);
    } else if (field.is_repeated()) {
      ReadList(value, field, path, message);
    } else if (IsScalarField(field)) {
      if (value.kind != YamlNode::Kind::kNull) ReadScalar(value, field, path, message);
    } else {
      ReadMessage(value, path, *message.GetReflection()->MutableMessage(&message, &field));
    }
  }

  void ReadScalar(const YamlNode& value, const FieldDescriptor& field, const std::string& path,
                  Message& message) {
    if (value.kind != YamlNode::Kind::kScalar) return WrongKind(value, path, "a single value");
    const absl::Status status = SetScalar(value, field, message);
    if (!status.ok()) Report(value, path, status.message());
  }

  void ReadList(const YamlNode& value, const FieldDescriptor& field, const std::string& path,
                Message& message) {
    if (value.kind == YamlNode::Kind::kNull) return;
    if (value.kind != YamlNode::Kind::kSequence) return WrongKind(value, path, "a list");
    for (size_t i = 0; i < value.items.size(); ++i) {
      const YamlNode& item = value.items[i];
      const std::string item_path = FieldPath(path, i);
      positions_[item_path] = item.position;
      if (IsScalarField(field)) {
        ReadScalar(item, field, item_path, message);
      } else if (item.kind == YamlNode::Kind::kNull) {
        WrongKind(item, item_path, "a mapping of settings");
      } else {
        ReadMessage(item, item_path, *message.GetReflection()->AddMessage(&message, &field));
      }
    }
  }

  void ReadMap(const YamlNode& value, const FieldDescriptor& field, const std::string& path,
               Message& message) {
    if (value.kind == YamlNode::Kind::kNull) return;
    if (value.kind != YamlNode::Kind::kMap) return WrongKind(value, path, "a mapping");
    const Descriptor& entry_type = *field.message_type();
    SeenKeys seen;
    for (size_t i = 0; i < value.keys.size(); ++i) {
      const YamlNode& key = value.keys[i];
      if (!CheckKey(key, path, seen)) continue;
      const std::string entry_path = FieldPath(path, key.text);
      positions_[entry_path] = key.position;
      Message* entry = message.GetReflection()->AddMessage(&message, &field);
      ReadScalar(key, *entry_type.map_key(), entry_path, *entry);
      ReadField(value.items[i], *entry_type.map_value(), entry_path, *entry);
    }
  }

  std::vector<YamlProblem>& problems_;
  Positions& positions_;
};

// True when `field` is `enclosing` or lies inside it.
bool IsInside(absl::string_view field, absl::string_view enclosing) {
  if (!absl::StartsWith(field, enclosing)) return false;
  if (enclosing.empty() || field.size() == enclosing.size()) return true;
  return field[enclosing.size()] == '.' || field[enclosing.size()] == '[';
}

// "services[0].targets[1].id" → "services[0].targets[1]" → "services[0].targets" → …
absl::string_view Enclosing(absl::string_view field) {
  const size_t end = field.find_last_of(".[");
  return end == absl::string_view::npos ? absl::string_view() : field.substr(0, end);
}

}  // namespace

void YamlDocument::Read(absl::string_view text, Message& message) {
  const YamlNode root = ParseYaml(text, problems_);
  positions_[""] = root.position;
  TreeReader(problems_, positions_).ReadMessage(root, "", message);
  for (const YamlProblem& problem : problems_) unread_.push_back(problem.field);
}

void YamlDocument::Add(const Violations& violations) {
  for (const Violation& violation : violations.all()) {
    if (IsExplained(violation.field)) continue;
    problems_.push_back({PositionOf(violation.field), violation.field, violation.description});
  }
}

bool YamlDocument::IsExplained(absl::string_view field) const {
  return std::any_of(unread_.begin(), unread_.end(), [field](const std::string& unread) {
    return IsInside(field, unread) || IsInside(unread, field);
  });
}

YamlPosition YamlDocument::PositionOf(absl::string_view field) const {
  for (;; field = Enclosing(field)) {
    const auto found = positions_.find(field);
    if (found != positions_.end()) return found->second;
    if (field.empty()) return {};
  }
}

std::vector<std::string> YamlDocument::Lines() const {
  std::vector<YamlProblem> sorted = problems_;
  std::stable_sort(sorted.begin(), sorted.end(), [](const YamlProblem& a, const YamlProblem& b) {
    return std::tie(a.position.line, a.position.column) <
           std::tie(b.position.line, b.position.column);
  });
  std::vector<std::string> lines;
  for (const YamlProblem& problem : sorted) {
    lines.push_back(absl::StrCat(name_, ":", problem.position.line, ":", problem.position.column,
                                 ": ", problem.field, problem.field.empty() ? "" : ": ",
                                 problem.description));
  }
  return lines;
}

absl::Status YamlDocument::ToStatus() const {
  return ok() ? absl::OkStatus() : absl::InvalidArgumentError(absl::StrJoin(Lines(), "\n"));
}

}  // namespace sluice
