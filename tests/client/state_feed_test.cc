// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// What comes of a watch when the daemon does not have what it is asked for.

#include "client/state_feed.h"

#include <chrono>

#include "client/fake_daemon.h"
#include "client/states.h"
#include "gtest/gtest.h"

namespace sluice::client {
namespace {

constexpr auto kFourRests = std::chrono::milliseconds(200 + 400 + 800 + 1600);

class StateFeedTest : public ::testing::Test {
 protected:
  static int CountBegunAnew(StateFeed& feed) {
    int count = 0;
    while (const std::optional<FeedEvent> event = feed.Take()) {
      if (std::holds_alternative<FeedBegunAnew>(*event)) ++count;
    }
    return count;
  }

  FakeDaemon daemon_;
  Connection connection_{daemon_.address(), absl::Seconds(10)};
};

TEST_F(StateFeedTest, ADaemonThatNeverHasWhatCameAfterIsAskedWithRestsAndToldOfOnce) {
  daemon_.Put(RollingState(2, 1));
  daemon_.EndWatches({grpc::StatusCode::OUT_OF_RANGE, "watch from 0 again"});
  const auto begin = std::chrono::steady_clock::now();
  StateFeed feed(connection_, {});
  int told = 0;
  for (int watches = 2; watches <= 5; ++watches) {
    daemon_.AwaitWatches(watches);
    told += CountBegunAnew(feed);
  }
  EXPECT_GE(std::chrono::steady_clock::now() - begin, kFourRests);
  EXPECT_EQ(told, 1);
}

TEST_F(StateFeedTest, WhatIsMissedAfterNewStatesIsToldOf) {
  daemon_.EndWatches({grpc::StatusCode::OUT_OF_RANGE, "watch from 0 again"});
  daemon_.Put(RollingState(2, 1));
  StateFeed feed(connection_, {});
  daemon_.AwaitWatches(2);
  EXPECT_EQ(CountBegunAnew(feed), 1);
  daemon_.Put(RollingState(2, 1));
  daemon_.AwaitWatches(4);
  EXPECT_EQ(CountBegunAnew(feed), 1);
}

}  // namespace
}  // namespace sluice::client
