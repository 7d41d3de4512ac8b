// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// CRC-32C (Castagnoli): tells whether stored bytes are still those that were written. Used by the
// record store. Pure.

#ifndef SLUICE_BASE_CRC32C_H_
#define SLUICE_BASE_CRC32C_H_

#include <cstdint>

#include "absl/strings/string_view.h"

namespace sluice {

// The checksum of `data`; with `seed` the checksum of what came before, that of both together.
uint32_t Crc32c(absl::string_view data, uint32_t seed = 0);

}  // namespace sluice

#endif  // SLUICE_BASE_CRC32C_H_
