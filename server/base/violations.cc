// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "base/violations.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/cord.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/text.h"
#include "google/rpc/error_details.pb.h"

namespace sluice {
namespace {

constexpr size_t kMaxNameBytes = 63;
constexpr size_t kMaxVersionBytes = 128;
// gRPC carries a status message in the trailers, whose size is bounded.
constexpr size_t kMaxListedInMessage = 20;

bool IsNameCharacter(char c) {
  return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '-' || c == '.';
}

bool IsName(absl::string_view name) {
  return !name.empty() && name.size() <= kMaxNameBytes &&
         (absl::ascii_islower(name[0]) || absl::ascii_isdigit(name[0])) &&
         std::all_of(name.begin(), name.end(), IsNameCharacter);
}

bool IsPrintableAscii(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return absl::ascii_isgraph(c); });
}

// ASCII's, the second set that terminals obey too, and what Unicode has for line breaks.
bool IsControl(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x2028 || c == 0x2029;
}

bool HasControlCharacter(absl::string_view text) {
  while (!text.empty()) {
    const CodePoint point = DecodeUtf8(text);
    if (point.valid && IsControl(point.value)) return true;
    text.remove_prefix(point.bytes);
  }
  return false;
}

// `text`, which is valid UTF-8, with the control characters above ASCII escaped byte by byte.
std::string EscapeControls(absl::string_view text) {
  std::string escaped;
  while (!text.empty()) {
    const CodePoint point = DecodeUtf8(text);
    const absl::string_view bytes = text.substr(0, point.bytes);
    const bool is_control = point.value >= 0x80 && IsControl(point.value);
    absl::StrAppend(&escaped, is_control ? absl::CHexEscape(bytes) : std::string(bytes));
    text.remove_prefix(point.bytes);
  }
  return escaped;
}

}  // namespace

void Violations::Add(absl::string_view field, absl::string_view description) {
  violations_.push_back({std::string(field), std::string(description)});
}

absl::Status Violations::ToStatus() const {
  if (empty()) return absl::OkStatus();
  google::rpc::BadRequest details;
  std::vector<std::string> lines;
  for (const Violation& violation : violations_) {
    auto* field = details.add_field_violations();
    field->set_field(violation.field);
    field->set_description(violation.description);
    lines.push_back(absl::StrCat(violation.field, ": ", violation.description));
  }
  if (lines.size() > kMaxListedInMessage) {
    const size_t left_out = lines.size() - kMaxListedInMessage;
    lines.resize(kMaxListedInMessage);
    lines.push_back(absl::StrCat("and ", left_out, " more"));
  }
  absl::Status status = absl::InvalidArgumentError(absl::StrJoin(lines, "; "));
  status.SetPayload(kBadRequestTypeUrl, absl::Cord(details.SerializeAsString()));
  return status;
}

absl::Status ViolationError(absl::string_view field, absl::string_view description) {
  Violations violations;
  violations.Add(field, description);
  return violations.ToStatus();
}

std::string FieldPath(absl::string_view parent, absl::string_view child) {
  if (parent.empty()) return std::string(child);
  if (child.empty()) return std::string(parent);
  return absl::StrCat(parent, ".", child);
}

std::string FieldPath(absl::string_view parent, size_t index) {
  return absl::StrCat(parent, "[", index, "]");
}

void CheckName(absl::string_view field, absl::string_view name, Violations& violations) {
  if (name.empty()) {
    violations.Add(field, "must be given");
  } else if (!IsName(name)) {
    violations.Add(field, absl::StrCat("must be 1 to 63 of a-z 0-9 - . and begin with a letter or "
                                       "digit, is ",
                                       Quoted(name)));
  }
}

void CheckVersion(absl::string_view field, absl::string_view version, Violations& violations) {
  if (version.empty()) {
    violations.Add(field, "must be given");
  } else if (version.size() > kMaxVersionBytes || !IsPrintableAscii(version)) {
    violations.Add(field, absl::StrCat("must be 1 to 128 printable characters without spaces, is ",
                                       Quoted(version)));
  } else if (version == "." || version == "..") {
    // In the path of a URL or of a file it would be another place.
    violations.Add(field, absl::StrCat("must not be ", Quoted(version)));
  }
}

void CheckText(absl::string_view field, absl::string_view text, size_t max_bytes,
               Violations& violations) {
  if (text.size() > max_bytes) {
    violations.Add(field, absl::StrCat("must be at most ", max_bytes, " bytes, has ", text.size()));
  } else if (HasControlCharacter(text)) {
    violations.Add(field, absl::StrCat("must not contain control characters, is ", Quoted(text)));
  }
}

std::string Quoted(absl::string_view text, size_t max_bytes) {
  const bool cut = text.size() > max_bytes;
  const std::string valid = ToValidUtf8(text.substr(0, max_bytes));
  return absl::StrCat("\"", EscapeControls(absl::Utf8SafeCHexEscape(valid)), cut ? "…\"" : "\"");
}

}  // namespace sluice
