// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "app/server_options.h"

#include <sys/resource.h>

#include "gtest/gtest.h"

namespace sluice {
namespace {

struct Case {
  rlim_t descriptors;
  int connections;
  int configured;
  int calls;
};

class CallsWithinDescriptors : public testing::TestWithParam<Case> {};

TEST_P(CallsWithinDescriptors, LeaveTheConnectionsTheirs) {
  rlimit before = {};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit given = before;
  given.rlim_cur = GetParam().descriptors;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &given), 0);
  config::v1::Limits limits;
  limits.set_max_connections(GetParam().connections);
  limits.set_max_target_calls(GetParam().configured);
  const EngineLimits engine = EngineLimitsOf(limits);
  setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_EQ(engine.max_target_calls, GetParam().calls);
}

INSTANTIATE_TEST_SUITE_P(Table, CallsWithinDescriptors,
                         testing::Values(Case{4096, 100, 500, 500},   // (4096 - 100 - 32) / 6 > 500
                                         Case{1024, 4096, 1024, 37},  // (1024 - 768 - 32) / 6
                                         Case{64, 4096, 1024, 2},     // (64 - 32 - 16) / 6
                                         Case{40, 4096, 1024, 2},     // (40 - 8 - 16) / 6
                                         Case{1024, 4096, 8, 8}));

}  // namespace
}  // namespace sluice
