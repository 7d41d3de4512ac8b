// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// A message as a tree of names and values, printed as JSON or YAML: fields in the contract's order
// and spelling, enums in the specification's lower case, times and durations as text, 64-bit
// numbers as numbers. Empty fields are printed too, so that scripts find them; absent messages,
// optional fields and unspecified enums are left out. Pure; any thread.

#ifndef SLUICE_CLIENT_OUTPUT_DOCUMENT_H_
#define SLUICE_CLIENT_OUTPUT_DOCUMENT_H_

#include <string>
#include <vector>

#include "google/protobuf/message.h"

namespace sluice::client {

struct DocumentMember;

struct Document {
  enum class Kind { kText, kLiteral, kList, kObject };

  Kind kind = Kind::kObject;
  std::string scalar;  // kText: as it is; kLiteral: a number, true, false or null
  std::vector<Document> items;
  std::vector<DocumentMember> members;
};

struct DocumentMember {
  std::string name;
  Document value;
};

Document TextDocument(std::string text);
// A number, true, false or null.
Document LiteralDocument(std::string text);
Document ToDocument(const google::protobuf::Message& message);

// On one line, without a line end.
std::string ToCompactJson(const Document& document);
// Indented, with a line end.
std::string ToJson(const Document& document);
std::string ToYaml(const Document& document);

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_OUTPUT_DOCUMENT_H_
