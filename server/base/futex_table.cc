// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "base/futex_table.h"

#include <sys/prctl.h>

#include <cstdint>

namespace sluice {
namespace {

// From linux/prctl.h; Debian 12's is older.
constexpr int kFutexHash = 78;
constexpr uint64_t kSetSlots = 1;
// A power of two; 64 bytes each.
constexpr uint64_t kSlots = 16384;

}  // namespace

void WidenFutexTable() { prctl(kFutexHash, kSetSlots, kSlots, uint64_t{0}, uint64_t{0}); }

}  // namespace sluice
