// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Hashes: of tokens, so that no file holds a secret, and of the audit trail's lines, so that an
// altered one shows. Used by the token file, the audit trail and the command line. Pure.

#ifndef SLUICE_BASE_CRYPTO_SHA256_H_
#define SLUICE_BASE_CRYPTO_SHA256_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace sluice {

inline constexpr size_t kSha256HexDigits = 64;

// SHA-256 of `text`, as 64 lower-case hexadecimal digits.
std::string Sha256Hex(absl::string_view text);

// Whether `text` looks like what Sha256Hex returns.
bool IsSha256Hex(absl::string_view text);

// Whether both are the same, in a time that depends on the lengths alone.
bool EqualInConstantTime(absl::string_view a, absl::string_view b);

}  // namespace sluice

#endif  // SLUICE_BASE_CRYPTO_SHA256_H_
