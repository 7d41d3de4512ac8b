// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Reads YAML into any protobuf message, guided by its descriptor, and reports everything that is
// wrong with the text by file, line and column. Used for the daemon's configuration and the CLI's
// request files. Durations are written "90s"; enum values "rollback" or FAILURE_POLICY_ROLLBACK.

#ifndef SLUICE_BASE_YAML_MESSAGE_H_
#define SLUICE_BASE_YAML_MESSAGE_H_

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "base/violations.h"
#include "base/yaml_tree.h"
#include "google/protobuf/message.h"

namespace sluice {

// One YAML text, what is wrong with it, and where each of its fields stands. Not thread-safe.
class YamlDocument {
 public:
  // `name` is what error messages call the text: the file's path.
  explicit YamlDocument(absl::string_view name) : name_(name) {}

  // Sets the fields of `message` that `text` gives; may be called once. Everything that is wrong
  // is added to the problems, and the rest is still read.
  void Read(absl::string_view text, google::protobuf::Message& message);

  // Adds what a later check of the message found; each is given the position of its field, or of
  // the nearest enclosing one that the text has. Left out is what follows from a problem that is
  // already there: a field that could not be read is not missing too.
  void Add(const Violations& violations);

  bool ok() const { return problems_.empty(); }
  // "sluice.yaml:4:5: services[0].nam: no such setting; did you mean name?", in the text's order.
  std::vector<std::string> Lines() const;
  // OK, or INVALID_ARGUMENT with all lines.
  absl::Status ToStatus() const;

 private:
  bool IsExplained(absl::string_view field) const;
  YamlPosition PositionOf(absl::string_view field) const;

  std::string name_;
  std::vector<YamlProblem> problems_;
  std::vector<std::string> unread_;  // the fields of the problems that Read() found
  absl::flat_hash_map<std::string, YamlPosition> positions_;
};

}  // namespace sluice

#endif  // SLUICE_BASE_YAML_MESSAGE_H_
