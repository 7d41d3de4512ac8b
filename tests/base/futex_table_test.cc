// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "base/futex_table.h"

#include <sys/prctl.h>

#include <cstdint>

#include "gtest/gtest.h"

namespace sluice {
namespace {

TEST(FutexTable, IsWideWhereTheKernelHasOne) {
  constexpr int kFutexHash = 78;
  constexpr uint64_t kGetSlots = 2;
  WidenFutexTable();
  const int slots = prctl(kFutexHash, kGetSlots, uint64_t{0}, uint64_t{0}, uint64_t{0});
  if (slots < 0) GTEST_SKIP() << "the kernel has no table for each process";
  EXPECT_GE(slots, 10'000);
}

}  // namespace
}  // namespace sluice
