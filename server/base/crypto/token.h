// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Bearer tokens: made by the command line, and kept out of everything that is written down. Used by
// `sluice token new` and the audit trail. Thread-safe.

#ifndef SLUICE_BASE_CRYPTO_TOKEN_H_
#define SLUICE_BASE_CRYPTO_TOKEN_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace sluice {

// "sluice_" and 43 characters of base64url: 256 random bits. The beginning lets scanners for leaked
// secrets find it.
absl::StatusOr<std::string> NewToken();

// 1 to 63 of letters, digits, '.', '_', '-' and '@', beginning with a letter or digit.
bool IsTokenName(absl::string_view name);
inline constexpr char kTokenNameRule[] =
    "must be 1 to 63 of letters, digits and . _ - @, beginning with a letter or digit";

// "2027-01-31", which means that day's end in UTC, or RFC 3339.
absl::StatusOr<absl::Time> ParseTokenExpiry(absl::string_view text);

// `text` with every token that NewToken made replaced by "sluice_[redacted]": people paste secrets
// into the strangest fields.
std::string RedactTokens(absl::string_view text);

}  // namespace sluice

#endif  // SLUICE_BASE_CRYPTO_TOKEN_H_
