// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "base/audit/audit_line.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "base/crypto/sha256.h"
#include "base/crypto/token.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "google/protobuf/util/json_util.h"

namespace sluice {
namespace {

// With every byte escaped, all texts together stay well below kMaxAuditLineBytes.
constexpr size_t kMaxNameBytes = 256;
constexpr size_t kMaxTextBytes = 1024;
constexpr char kHashBegin[] = ",\"hash\":\"";
constexpr char kLineEnd[] = "\"}";
constexpr size_t kHashBytes = sizeof(kHashBegin) - 1 + kSha256HexDigits + sizeof(kLineEnd) - 1;

std::string JsonText(absl::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      quoted += {'\\', c};
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      quoted += absl::StrFormat("\\u%04x", static_cast<unsigned char>(c));
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

// Cut before the first byte of a character.
absl::string_view CutTo(size_t max_bytes, absl::string_view text) {
  if (text.size() <= max_bytes) return text;
  size_t end = max_bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

void AppendText(absl::string_view name, size_t max_bytes, absl::string_view text,
                std::string& line) {
  // Redacted first: half a token would be left otherwise.
  const std::string clean = ToValidUtf8(RedactTokens(text));
  absl::StrAppend(&line, ",\"", name, "\":", JsonText(CutTo(max_bytes, clean)));
}

// All of the line that its hash covers.
std::string Content(const v1::AuditRecord& record) {
  const absl::Time time = FromTimestamp(record.time());
  std::string line =
      absl::StrCat("{\"sequence\":", record.sequence(), ",\"time\":\"",
                   absl::FormatTime("%E4Y-%m-%dT%H:%M:%E6SZ", time, absl::UTCTimeZone()), "\"");
  AppendText("principal", kMaxNameBytes, record.principal(), line);
  AppendText("how", kMaxNameBytes, record.how(), line);
  AppendText("peer", kMaxNameBytes, record.peer(), line);
  AppendText("method", kMaxNameBytes, record.method(), line);
  AppendText("service", kMaxNameBytes, record.service(), line);
  AppendText("deployment", kMaxNameBytes, record.deployment(), line);
  AppendText("what", kMaxNameBytes, record.what(), line);
  AppendText("request_id", kMaxNameBytes, record.request_id(), line);
  AppendText("reason", kMaxTextBytes, record.reason(), line);
  AppendText("outcome", kMaxNameBytes, record.outcome(), line);
  AppendText("message", kMaxTextBytes, record.message(), line);
  if (record.begun() > 0) absl::StrAppend(&line, ",\"begun\":", record.begun());
  absl::StrAppend(&line, ",\"previous_hash\":\"", record.previous_hash(), "\"");
  return line;
}

absl::Status NoRecord(absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("is no audit record: ", why));
}

}  // namespace

std::string FirstPreviousHash() { return std::string(kSha256HexDigits, '0'); }

std::string ToAuditLine(v1::AuditRecord& record) {
  const std::string content = Content(record);
  record.set_hash(Sha256Hex(content));
  return absl::StrCat(content, kHashBegin, record.hash(), kLineEnd);
}

absl::StatusOr<v1::AuditRecord> ParseAuditLine(absl::string_view line) {
  if (line.size() < kHashBytes) return NoRecord("it is too short");
  const absl::string_view content = line.substr(0, line.size() - kHashBytes);
  absl::string_view hash = line.substr(content.size());
  if (!absl::ConsumePrefix(&hash, kHashBegin) || !absl::ConsumeSuffix(&hash, kLineEnd) ||
      !IsSha256Hex(hash)) {
    return NoRecord("it does not end with its hash");
  }
  v1::AuditRecord record;
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;  // of a newer daemon
  const auto parsed = google::protobuf::util::JsonStringToMessage(
      google::protobuf::StringPiece(line.data(), line.size()), &record, options);
  if (!parsed.ok()) return NoRecord("it is not JSON of one");
  if (Sha256Hex(content) != hash) {
    return absl::DataLossError("was altered: its hash is not that of its content");
  }
  return record;
}

}  // namespace sluice
