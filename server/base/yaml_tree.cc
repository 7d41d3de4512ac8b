// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "base/yaml_tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <exception>
#include <sstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/text.h"

namespace sluice {
namespace {

YamlPosition PositionOf(const YAML::Mark& mark) {
  if (mark.is_null()) return {};
  return {mark.line + 1, mark.column + 1};
}

// yaml-cpp takes some control characters for the end of the text, silently.
bool IsAllowedByte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 ? byte != 0x7f : (c == '\t' || c == '\n' || c == '\r');
}

// Offset of the first byte that YAML may not consist of; the text's size when there is none.
size_t FirstBadByte(absl::string_view text) {
  const std::string valid = ToValidUtf8(text);
  size_t offset = 0;
  while (offset < text.size() && text[offset] == valid[offset] && IsAllowedByte(text[offset])) {
    ++offset;
  }
  return offset;
}

// Position of the byte at `offset`, counted in characters.
YamlPosition PositionAt(absl::string_view text, size_t offset) {
  YamlPosition position;
  for (const char c : text.substr(0, offset)) {
    const bool continues_character = (static_cast<unsigned char>(c) & 0xc0) == 0x80;
    if (c == '\n') {
      ++position.line;
      position.column = 1;
    } else if (!continues_character) {
      ++position.column;
    }
  }
  return position;
}

// Builds the tree from the parser's events. `stack_` holds the collections that are still open.
class TreeBuilder : public YAML::EventHandler {
 public:
  explicit TreeBuilder(std::vector<YamlProblem>& problems) : problems_(problems) {}

  YamlNode TakeRoot() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Attach(NewNode(YamlNode::Kind::kNull, mark, "?", anchor));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    Refuse(mark, "aliases (*name) are not supported; write the value out");
    Attach(NewNode(YamlNode::Kind::kNull, mark, "?", 0));
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    YamlNode node = NewNode(YamlNode::Kind::kScalar, mark, tag, anchor);
    node.text = value;
    node.quoted = tag == "!";
    Attach(std::move(node));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    stack_.push_back(NewNode(YamlNode::Kind::kSequence, mark, tag, anchor));
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    stack_.push_back(NewNode(YamlNode::Kind::kMap, mark, tag, anchor));
  }
  void OnMapEnd() override { Close(); }

 private:
  void Refuse(const YAML::Mark& mark, const char* description) {
    problems_.push_back({PositionOf(mark), "", description});
  }

  YamlNode NewNode(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag,
                   YAML::anchor_t anchor) {
    if (anchor != 0) Refuse(mark, "anchors (&name) are not supported; write the value out");
    // "?" and "!" are what yaml-cpp makes of plain and of quoted text without a tag.
    if (!tag.empty() && tag != "?" && tag != "!") Refuse(mark, "tags (!name) are not supported");
    YamlNode node;
    node.kind = kind;
    node.position = PositionOf(mark);
    return node;
  }

  void Close() {
    YamlNode node = std::move(stack_.back());
    stack_.pop_back();
    Attach(std::move(node));
  }

  void Attach(YamlNode node) {
    if (stack_.empty()) {
      root_ = std::move(node);
      return;
    }
    YamlNode& parent = stack_.back();
    const bool is_key =
        parent.kind == YamlNode::Kind::kMap && parent.keys.size() == parent.items.size();
    (is_key ? parent.keys : parent.items).push_back(std::move(node));
  }

  std::vector<YamlProblem>& problems_;
  std::vector<YamlNode> stack_;
  YamlNode root_;
};

// yaml-cpp takes the end of the text for a closing quote after a line break, silently; a document's
// end it refuses there.
std::string WithDocumentEnd(absl::string_view text) {
  const bool ends_a_line = text.empty() || text.back() == '\n';
  return absl::StrCat(text, ends_a_line ? "" : "\n", "...\n");
}

std::string InWords(const YAML::Exception& error) {
  const bool is_open_quote =
      error.msg == YAML::ErrorMsg::DOC_IN_SCALAR || error.msg == YAML::ErrorMsg::EOF_IN_SCALAR;
  return is_open_quote ? "a quoted text is not closed" : error.msg;
}

YamlNode ParseChecked(absl::string_view text, std::vector<YamlProblem>& problems) {
  std::istringstream stream(WithDocumentEnd(text));
  TreeBuilder builder(problems);
  YAML::Parser parser(stream);
  if (!parser.HandleNextDocument(builder)) return {};
  YamlNode root = builder.TakeRoot();
  TreeBuilder second(problems);
  if (parser.HandleNextDocument(second)) {
    problems.push_back({second.TakeRoot().position, "", "only one YAML document is allowed"});
  }
  return root;
}

}  // namespace

YamlNode ParseYaml(absl::string_view text, std::vector<YamlProblem>& problems) {
  if (const size_t bad = FirstBadByte(text); bad < text.size()) {
    problems.push_back({PositionAt(text, bad), "", "must be UTF-8 without control characters"});
    return {};
  }
  try {
    return ParseChecked(text, problems);
  } catch (const YAML::Exception& error) {
    problems.push_back(
        {PositionOf(error.mark), "", absl::StrCat("not valid YAML: ", InWords(error))});
  } catch (const std::exception& error) {
    problems.push_back({{}, "", absl::StrCat("not valid YAML: ", error.what())});
  }
  return {};
}

}  // namespace sluice
