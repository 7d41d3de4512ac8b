// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "base/crypto/token.h"

#include <openssl/rand.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "base/violations.h"

namespace sluice {
namespace {

constexpr char kPrefix[] = "sluice_";
constexpr size_t kPrefixBytes = sizeof(kPrefix) - 1;
constexpr size_t kRandomBytes = 32;
constexpr size_t kSecretCharacters = 43;
constexpr size_t kMaxNameBytes = 63;

bool IsSecretCharacter(char c) { return absl::ascii_isalnum(c) || c == '-' || c == '_'; }

bool IsNameCharacter(char c) {
  return absl::ascii_isalnum(c) || c == '.' || c == '_' || c == '-' || c == '@';
}

}  // namespace

absl::StatusOr<std::string> NewToken() {
  unsigned char bytes[kRandomBytes];
  if (RAND_bytes(bytes, sizeof bytes) != 1) {
    return absl::InternalError("the system has no random numbers to make a token of");
  }
  std::string secret;
  absl::WebSafeBase64Escape({reinterpret_cast<const char*>(bytes), sizeof bytes}, &secret);
  return absl::StrCat(kPrefix, secret);
}

bool IsTokenName(absl::string_view name) {
  return !name.empty() && name.size() <= kMaxNameBytes && absl::ascii_isalnum(name[0]) &&
         std::all_of(name.begin(), name.end(), IsNameCharacter);
}

absl::StatusOr<absl::Time> ParseTokenExpiry(absl::string_view text) {
  absl::CivilDay day;
  if (text.size() == 10 && absl::ParseCivilTime(text, &day)) {
    return absl::FromCivil(day + 1, absl::UTCTimeZone());
  }
  absl::Time time;
  if (absl::ParseTime(absl::RFC3339_full, text, &time, nullptr)) return time;
  return absl::InvalidArgumentError(absl::StrCat(
      "the expiry must be written 2027-01-31 or 2027-01-31T12:00:00Z, is ", Quoted(text)));
}

std::string RedactTokens(absl::string_view text) {
  std::string redacted;
  for (size_t at = text.find(kPrefix); at != absl::string_view::npos; at = text.find(kPrefix)) {
    absl::StrAppend(&redacted, text.substr(0, at + kPrefixBytes));
    text.remove_prefix(at + kPrefixBytes);
    const auto end = std::find_if_not(text.begin(), text.end(), IsSecretCharacter);
    const size_t length = static_cast<size_t>(end - text.begin());
    if (length < kSecretCharacters) continue;
    redacted += "[redacted]";
    text.remove_prefix(length);
  }
  return absl::StrCat(redacted, text);
}

}  // namespace sluice
