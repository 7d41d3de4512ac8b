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

// What was read at one time, and who is too fast then.
struct Reading {
  double seconds;
  std::map<std::string, int64_t> failed;
  std::vector<std::string> too_fast;
};

struct RateCase {
  const char* what;
  std::vector<Reading> readings;
};

const RateCase kRateCases[] = {
    {"nobody", {{0, {}, {}}, {1, {}, {}}}},
    {"as many as may fail in two seconds", {{0, {{"a", 0}}, {}}, {2, {{"a", 5000}}, {}}}},
    {"one more", {{0, {{"a", 0}}, {}}, {2, {{"a", 5001}}, {"a"}}}},
    {"a burst is known at once", {{0, {{"a", 0}}, {}}, {0.1, {{"a", 5001}}, {"a"}}}},
    {"as fast as one may, for long",
     {{0, {{"a", 0}}, {}},
      {2, {{"a", 5000}}, {}},
      {4, {{"a", 10000}}, {}},
      {5, {{"a", 12500}}, {}}}},
    {"what failed before the span does not count twice",
     {{0, {{"a", 4000}}, {}}, {2, {{"a", 8000}}, {}}, {3, {{"a", 13001}}, {"a"}}}},
    {"a connection that came since", {{0, {}, {}}, {1, {{"a", 5001}}, {"a"}}}},
    {"where nobody looked for ten seconds",
     {{0, {{"a", 0}}, {}}, {10, {{"a", 25000}}, {}}, {20, {{"a", 50001}}, {"a"}}}},
    {"the guilty one alone",
     {{0, {{"a", 0}, {"b", 0}}, {}}, {1, {{"a", 100}, {"b", 6000}}, {"b"}}}},
    {"the number of one that ended, given anew",
     {{0, {{"a", 9000}}, {}}, {2, {}, {}}, {3, {{"a", 4000}}, {}}, {3.5, {{"a", 5001}}, {"a"}}}},
    {"nothing is known of the time before the first look", {{100, {{"a", 1000000}}, {}}}},
};

TEST(FailureRatesTest, TellsWhoseStreamsFailTooFast) {
  for (const RateCase& each : kRateCases) {
    FailureRates rates;
    for (const Reading& reading : each.readings) {
      EXPECT_EQ(rates.Note(reading.failed, absl::Seconds(reading.seconds)), reading.too_fast)
          << each.what << ", at " << reading.seconds << " s";
    }
  }
}

}  // namespace
}  // namespace sluice
