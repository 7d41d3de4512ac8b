// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "rpc/reset_limit.h"

#include <map>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

using Beyond = std::map<std::string, std::vector<std::string>>;

struct Case {
  const char* what;
  std::vector<ConnectionStreams> connections;
  Beyond beyond;
};

const Case kCases[] = {
    {"nobody", {}, {}},
    {"as many calls as there may be", {{"1", "a", false, 1000}}, {}},
    // Their places were free for others before gRPC was done with them.
    {"a thousand watches taken back, and a thousand new ones", {{"1", "a", false, 2000}}, {}},
    {"some thousand deadlines that expire", {{"1", "a", false, 5000}}, {}},
    {"one more", {{"1", "a", false, 5001}}, {{"a", {"1"}}}},
    {"a hundred connections, each with all its calls",
     std::vector<ConnectionStreams>(100, {"1", "a", false, 1000}),
     {}},
    {"one host on several connections",
     {{"1", "a", false, 3001}, {"2", "a", false, 3000}, {"3", "a", false, 1000}},
     {{"a", {"1", "2"}}}},
    {"two hosts", {{"1", "a", false, 4000}, {"2", "b", false, 4000}}, {}},
    {"the guilty one alone", {{"1", "a", false, 9000}, {"2", "b", false, 4000}}, {{"a", {"1"}}}},
    {"a client that was killed", {{"1", "a", true, 1000}}, {}},
    {"four of them", std::vector<ConnectionStreams>(4, {"1", "a", true, 1000}), {}},
    {"connections that end with all their calls, one after the other",
     {{"1", "a", true, 1000},
      {"2", "a", true, 1000},
      {"3", "a", true, 1000},
      {"4", "a", true, 1000},
      {"5", "a", true, 1},
      {"6", "a", false, 900}},
     {{"a", {}}}},
    {"one that was cut", {{"1", "a", true, 9000}, {"2", "a", false, 10}}, {{"a", {}}}},
    {"a new one beside it", {{"1", "a", true, 9000}, {"2", "a", false, 1001}}, {{"a", {"2"}}}},
};

TEST(ResetLimitTest, TellsWhoLeavesTooMuchBehind) {
  for (const Case& each : kCases) {
    EXPECT_EQ(HostsBeyondTheResetLimit(each.connections), each.beyond) << each.what;
  }
}

}  // namespace
}  // namespace sluice
