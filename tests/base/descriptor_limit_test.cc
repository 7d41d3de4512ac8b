// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "base/descriptor_limit.h"

#include <sys/resource.h>

#include <algorithm>

#include "gtest/gtest.h"

namespace sluice {
namespace {

class DescriptorLimitTest : public testing::Test {
 protected:
  DescriptorLimitTest() { getrlimit(RLIMIT_NOFILE, &before_); }
  ~DescriptorLimitTest() override { setrlimit(RLIMIT_NOFILE, &before_); }

  void SetSoftLimit(rlim_t soft) {
    rlimit limit = before_;
    limit.rlim_cur = soft;
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
  }

  rlimit before_ = {};
};

TEST_F(DescriptorLimitTest, IsRaisedAsFarAsItMayBe) {
  SetSoftLimit(256);
  ASSERT_EQ(DescriptorLimit(), 256u);
  RaiseDescriptorLimit();
  EXPECT_EQ(DescriptorLimit(), std::min<rlim_t>(before_.rlim_max, 65536));
}

TEST_F(DescriptorLimitTest, IsRaisedNoFurtherThanIsEnough) {
  SetSoftLimit(256);
  RaiseDescriptorLimit(300);
  EXPECT_EQ(DescriptorLimit(), 300u);
}

TEST_F(DescriptorLimitTest, IsNeverLowered) {
  SetSoftLimit(256);
  RaiseDescriptorLimit(200);
  EXPECT_EQ(DescriptorLimit(), 256u);
}

}  // namespace
}  // namespace sluice
