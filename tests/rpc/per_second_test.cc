// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "rpc/per_second.h"

#include "gtest/gtest.h"

namespace sluice {
namespace {

TEST(PerSecond, GivesSoManyInASecondAndCountsTheRest) {
  PerSecond limit(2);
  EXPECT_TRUE(limit.Take(absl::Milliseconds(100)));
  EXPECT_TRUE(limit.Take(absl::Milliseconds(900)));
  EXPECT_FALSE(limit.Take(absl::Milliseconds(950)));
  EXPECT_FALSE(limit.Take(absl::Milliseconds(999)));
  EXPECT_TRUE(limit.Take(absl::Milliseconds(1000)));
  EXPECT_EQ(limit.Missed(), 2);
  EXPECT_EQ(limit.Missed(), 0);
}

TEST(PerSecond, BeginsInTheFirstSecondToo) {
  PerSecond limit(1);
  EXPECT_TRUE(limit.Take(absl::ZeroDuration()));
  EXPECT_FALSE(limit.Take(absl::ZeroDuration()));
}

}  // namespace
}  // namespace sluice
