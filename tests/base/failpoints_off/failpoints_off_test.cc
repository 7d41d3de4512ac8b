// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// What a build without the option has of failpoints. Beside this file stands a
// base/failpoint_option.h that is found first.

#include "base/failpoint.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

#define SLUICE_TEXT_OF(...) #__VA_ARGS__
#define SLUICE_TEXT_OF_EXPANSION(...) SLUICE_TEXT_OF(__VA_ARGS__)

static_assert(SLUICE_FAILPOINTS == 0);
// Whatever stands in the place of a failpoint: the end of an empty text.
static_assert(sizeof(SLUICE_TEXT_OF_EXPANSION(SLUICE_FAILPOINT("journal.before_reply"))) == 1);
static_assert(sizeof(SLUICE_TEXT_OF_EXPANSION(SLUICE_FAILPOINT_OR_RETURN("a.b"))) == 1);

TEST(FailpointsOffTest, AnySpecificationIsRefused) {
  EXPECT_TRUE(ArmFailpoints("").ok());
  const absl::Status status = ArmFailpoints("journal.before_reply=crash");
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(status.message(), "this program was built without failpoints");
}

}  // namespace
}  // namespace sluice
