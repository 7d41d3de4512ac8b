// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/worker_pool.h"

#include <atomic>
#include <latch>
#include <numeric>
#include <vector>

#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "support/fake_clock.h"

namespace sluice {
namespace {

TEST(WorkerPool, RunsEveryJobBeforeItEnds) {
  FakeClock clock;
  std::atomic<int> ran{0};
  {
    WorkerPool pool(clock, {.name = "test", .max_threads = 3, .max_waiting = 1000});
    for (int i = 0; i < 500; ++i) ASSERT_TRUE(pool.Submit([&] { ++ran; }).ok());
  }
  EXPECT_EQ(ran, 500);
}

TEST(WorkerPool, NeverRunsMoreThanItsThreads) {
  FakeClock clock;
  std::atomic<int> running{0};
  std::atomic<int> most{0};
  {
    WorkerPool pool(clock, {.name = "test", .max_threads = 3, .max_waiting = 1000});
    for (int i = 0; i < 300; ++i) {
      ASSERT_TRUE(pool.Submit([&] {
                        const int now = ++running;
                        int before = most;
                        while (before < now && !most.compare_exchange_weak(before, now)) {
                        }
                        --running;
                      })
                      .ok());
    }
  }
  EXPECT_LE(most, 3);
}

TEST(WorkerPool, StartsJobsInTheOrderInWhichTheyCame) {
  FakeClock clock;
  std::vector<int> order;  // One thread alone writes it.
  {
    WorkerPool pool(clock, {.name = "test", .max_threads = 1, .max_waiting = 1000});
    for (int i = 0; i < 100; ++i) {
      ASSERT_TRUE(pool.Submit([&order, i] { order.push_back(i); }).ok());
    }
  }
  std::vector<int> expected(100);
  std::iota(expected.begin(), expected.end(), 0);
  EXPECT_EQ(order, expected);
}

TEST(WorkerPool, RefusesMoreThanMayWait) {
  FakeClock clock;
  std::latch begun(2);
  std::latch release(1);
  std::atomic<int> ran{0};
  {
    WorkerPool pool(clock, {.name = "test", .max_threads = 2, .max_waiting = 3});
    const auto block = [&] {
      begun.count_down();
      release.wait();
      ++ran;
    };
    for (int i = 0; i < 2; ++i) ASSERT_TRUE(pool.Submit(block).ok());
    begun.wait();
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(pool.Submit([&] { ++ran; }).ok());
    const absl::Status refused = pool.Submit([&] { ++ran; });
    EXPECT_TRUE(absl::IsResourceExhausted(refused)) << refused;
    EXPECT_TRUE(absl::StrContains(refused.message(), "3 wait")) << refused;
    release.count_down();
  }
  EXPECT_EQ(ran, 5);
}

TEST(WorkerPool, RunsInTheCallerWithoutThreads) {
  FakeClock clock;
  WorkerPool pool(clock, {.name = "test"});
  bool ran = false;
  ASSERT_TRUE(pool.Submit([&] { ran = true; }).ok());
  EXPECT_TRUE(ran);
}

TEST(WorkerPool, ServesAgainAfterItsThreadsWentHome) {
  FakeClock clock;
  WorkerPool pool(clock, {.name = "test", .max_threads = 2, .idle_time = absl::Seconds(10)});
  for (int round = 0; round < 3; ++round) {
    std::latch ran(1);
    ASSERT_TRUE(pool.Submit([&] { ran.count_down(); }).ok());
    ran.wait();
    clock.AwaitTimedWait(absl::Seconds(10));
    clock.Advance(absl::Seconds(10));
  }
}

}  // namespace
}  // namespace sluice
