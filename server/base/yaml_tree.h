// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// YAML text as a plain tree in which every node knows its line and column, and whether it was
// quoted. Used by yaml_message, which gives the tree its meaning. No state.

#ifndef SLUICE_BASE_YAML_TREE_H_
#define SLUICE_BASE_YAML_TREE_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace sluice {

// Both count from 1.
struct YamlPosition {
  int line = 1;
  int column = 1;
};

struct YamlProblem {
  YamlPosition position;
  std::string field;  // "services[0].targets[2].id"; empty for the document
  std::string description;
};

struct YamlNode {
  enum class Kind { kNull, kScalar, kSequence, kMap };

  Kind kind = Kind::kNull;
  YamlPosition position;
  // A scalar's text; `quoted` ones are never numbers, booleans or null.
  std::string text;
  bool quoted = false;
  // A map's keys, in the order of the text and with duplicates; keys[i] belongs to items[i].
  std::vector<YamlNode> keys;
  std::vector<YamlNode> items;
};

// Reads one document; an empty text is a null node. What is not well-formed, not UTF-8 or not
// supported (anchors, aliases, tags, a second document) is added to `problems`.
YamlNode ParseYaml(absl::string_view text, std::vector<YamlProblem>& problems);

}  // namespace sluice

#endif  // SLUICE_BASE_YAML_TREE_H_
