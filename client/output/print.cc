// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <iterator>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "client/output/document.h"
#include "fmt/format.h"

namespace sluice::client {
namespace {

constexpr int kCompact = -1;

// U+0080 to U+009F in UTF-8, which some terminals take for the start of an escape sequence.
bool IsLateControl(unsigned char lead, unsigned char next) { return lead == 0xC2 && next < 0xA0; }

std::string JsonText(const std::string& text) {
  std::string quoted = "\"";
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    if (c == '"' || c == '\\') {
      absl::StrAppend(&quoted, "\\", std::string(1, c));
    } else if (c == '\n') {
      quoted += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      quoted += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else if (next != '\0' &&
               IsLateControl(static_cast<unsigned char>(c), static_cast<unsigned char>(next))) {
      quoted += fmt::format("\\u{:04x}", static_cast<unsigned char>(next));
      ++i;
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

std::string LineStart(int depth) {
  return depth == kCompact ? ""
                           : absl::StrCat("\n", std::string(static_cast<size_t>(depth) * 2, ' '));
}

std::string Json(const Document& document, int depth);

// `parts` between brackets, each on its own line unless compact.
std::string JsonBlock(const std::vector<std::string>& parts, const char* brackets, int depth) {
  std::string text(1, brackets[0]);
  const int inner = depth == kCompact ? kCompact : depth + 1;
  for (size_t i = 0; i < parts.size(); ++i) {
    absl::StrAppend(&text, i == 0 ? "" : ",", LineStart(inner), parts[i]);
  }
  if (!parts.empty()) absl::StrAppend(&text, LineStart(depth));
  return text + brackets[1];
}

std::string Json(const Document& document, int depth) {
  const int inner = depth == kCompact ? kCompact : depth + 1;
  std::vector<std::string> parts;
  switch (document.kind) {
    case Document::Kind::kText:
      return JsonText(document.scalar);
    case Document::Kind::kLiteral:
      return document.scalar;
    case Document::Kind::kList:
      for (const Document& item : document.items) parts.push_back(Json(item, inner));
      return JsonBlock(parts, "[]", depth);
    case Document::Kind::kObject:
      for (const auto& [name, value] : document.members) {
        parts.push_back(
            absl::StrCat(JsonText(name), depth == kCompact ? ":" : ": ", Json(value, inner)));
      }
      return JsonBlock(parts, "{}", depth);
  }
  return "null";
}

// Whether YAML reads the bare word as this very text, in versions 1.1 and 1.2.
bool IsPlainYaml(const std::string& text) {
  static constexpr const char* kTaken[] = {"true", "false", "null", "yes", "no",
                                           "on",   "off",   "y",    "n"};
  const std::string lower = absl::AsciiStrToLower(text);
  const auto is_word = [](unsigned char c) {
    return absl::ascii_isalnum(c) || c == '_' || c == '-' || c == '.' || c == '/';
  };
  return !text.empty() && absl::ascii_isalpha(static_cast<unsigned char>(text[0])) &&
         std::all_of(text.begin(), text.end(), is_word) &&
         std::find(std::begin(kTaken), std::end(kTaken), lower) == std::end(kTaken);
}

bool IsEmptyBlock(const Document& document) {
  return document.items.empty() && document.members.empty();
}

bool IsBlock(const Document& document) {
  return document.kind == Document::Kind::kList || document.kind == Document::Kind::kObject;
}

std::string YamlScalar(const Document& document) {
  if (document.kind == Document::Kind::kList) return "[]";
  if (document.kind == Document::Kind::kObject) return "{}";
  const bool plain = document.kind == Document::Kind::kLiteral || IsPlainYaml(document.scalar);
  return plain ? document.scalar : JsonText(document.scalar);
}

void AppendYaml(const Document& document, size_t indent, std::string& text);

// `lead` is "- " or "name:"; what follows goes on the same line when it is a scalar.
void AppendYamlEntry(const std::string& lead, const Document& value, size_t indent,
                     std::string& text) {
  absl::StrAppend(&text, std::string(indent, ' '), lead);
  if (!IsBlock(value) || IsEmptyBlock(value)) {
    absl::StrAppend(&text, " ", YamlScalar(value), "\n");
  } else if (lead == "-") {
    // The block's first line follows the dash, the others stand below it.
    std::string block;
    AppendYaml(value, indent + 2, block);
    absl::StrAppend(&text, " ", block.substr(indent + 2));
  } else {
    absl::StrAppend(&text, "\n");
    AppendYaml(value, indent + 2, text);
  }
}

void AppendYaml(const Document& document, size_t indent, std::string& text) {
  for (const Document& item : document.items) AppendYamlEntry("-", item, indent, text);
  for (const auto& [name, value] : document.members) {
    const std::string key = IsPlainYaml(name) ? name : JsonText(name);
    AppendYamlEntry(absl::StrCat(key, ":"), value, indent, text);
  }
}

}  // namespace

std::string ToCompactJson(const Document& document) { return Json(document, kCompact); }

std::string ToJson(const Document& document) { return absl::StrCat(Json(document, 0), "\n"); }

std::string ToYaml(const Document& document) {
  std::string text;
  AppendYaml(document, 0, text);
  return text.empty() ? "{}\n" : text;
}

}  // namespace sluice::client
