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

  // Above the hard limit only root may.
  static bool SetSoftLimit(rlim_t soft, rlim_t hard) {
    const rlimit limit{.rlim_cur = soft, .rlim_max = std::max(soft, hard)};
    return setrlimit(RLIMIT_NOFILE, &limit) == 0;
  }

  rlimit before_ = {};
};

TEST_F(DescriptorLimitTest, IsRaisedAsFarAsItMayBe) {
  ASSERT_TRUE(SetSoftLimit(256, before_.rlim_max));
  ASSERT_EQ(DescriptorLimit(), 256u);
  RaiseDescriptorLimit();
  EXPECT_EQ(DescriptorLimit(), std::min<rlim_t>(before_.rlim_max, 65536));
}

TEST_F(DescriptorLimitTest, IsNeverLowered) {
  if (!SetSoftLimit(65537, before_.rlim_max)) GTEST_SKIP() << "the system gives no more";
  RaiseDescriptorLimit();
  EXPECT_EQ(DescriptorLimit(), 65537u);
}

}  // namespace
}  // namespace sluice
