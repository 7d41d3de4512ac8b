// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "rpc/audit_budget.h"

#include "gtest/gtest.h"

namespace sluice {
namespace {

constexpr absl::Duration kNow = absl::Seconds(7);
constexpr absl::Duration kLater = absl::Seconds(8);

int TakeAll(AuditBudget& budget, const std::string& caller, int count, absl::Duration now) {
  int taken = 0;
  for (int i = 0; i < count; ++i) taken += budget.TakeRefusal(caller, now) ? 1 : 0;
  return taken;
}

TEST(AuditBudget, IsOfEachCallerAndEachSecond) {
  AuditBudget budget;
  EXPECT_EQ(TakeAll(budget, "token a", 150, kNow), AuditBudget::kMaxRefusals);
  EXPECT_EQ(budget.Missed(), 50);
  EXPECT_EQ(budget.Missed(), 0);
  EXPECT_EQ(TakeAll(budget, "token b", 10, kNow), 10);
  EXPECT_EQ(TakeAll(budget, "token a", 10, kLater), 10);
}

TEST(AuditBudget, WhoWasRefusedTooOftenBeginsNothingInThatSecond) {
  AuditBudget budget;
  for (int i = 0; i < AuditBudget::kMaxRefusals; ++i) {
    ASSERT_TRUE(budget.Begin("token a", kNow).ok());
    budget.End("token a", true, kNow);
  }
  EXPECT_TRUE(absl::IsResourceExhausted(budget.Begin("token a", kNow)));
  EXPECT_FALSE(budget.TakeRefusal("token a", kNow));
  EXPECT_TRUE(budget.Begin("token b", kNow).ok());
  EXPECT_TRUE(budget.Begin("token a", kLater).ok());
}

TEST(AuditBudget, WhatIsDoneCountsForNothing) {
  AuditBudget budget;
  for (int i = 0; i < 10 * AuditBudget::kMaxUnderWay; ++i) {
    ASSERT_TRUE(budget.Begin("token a", kNow).ok());
    budget.End("token a", false, kNow);
  }
}

TEST(AuditBudget, SoManyAreUnderWayAndNoMoreWhateverTheSecond) {
  AuditBudget budget;
  for (int i = 0; i < AuditBudget::kMaxUnderWay; ++i) {
    ASSERT_TRUE(budget.Begin("token a", kNow).ok());
  }
  EXPECT_TRUE(absl::IsResourceExhausted(budget.Begin("token a", kNow)));
  EXPECT_TRUE(absl::IsResourceExhausted(budget.Begin("token a", kLater)));
  budget.End("token a", false, kLater);
  EXPECT_TRUE(budget.Begin("token a", kLater).ok());
}

}  // namespace
}  // namespace sluice
