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

TEST(WorkerPool, TakesOfManyCopiesWhatFindsRoom) {
  FakeClock clock;
  std::latch begun(1);
  std::latch release(1);
  std::atomic<int> ran{0};
  {
    WorkerPool pool(clock, {.name = "test", .max_threads = 1, .max_waiting = 3});
    const auto block = [&] {
      begun.count_down();
      release.wait();
    };
    ASSERT_TRUE(pool.Submit(block).ok());
    begun.wait();
    EXPECT_EQ(pool.SubmitCopies(
                  5, [&] { ++ran; }, nullptr),
              3U);
    EXPECT_EQ(pool.SubmitCopies(
                  1, [&] { ++ran; }, nullptr),
              0U);
    release.count_down();
  }
  EXPECT_EQ(ran, 3);
}

TEST(WorkerPool, WakesAsManyThreadsAsThereAreCopies) {
  FakeClock clock;
  WorkerPool pool(clock, {.name = "test", .max_threads = 8, .max_waiting = 100});
  for (int round = 0; round < 100; ++round) {
    // Each copy waits for the others: it ends only when all of them run at the same time.
    std::latch all(8);
    std::latch ended(8);
    const auto meet = [&] {
      all.arrive_and_wait();
      ended.count_down();
    };
    ASSERT_EQ(pool.SubmitCopies(8, meet, nullptr), 8U);
    ended.wait();
  }
}

TEST(WorkerPool, WithdrawsWhatHasNotStartedOfOneOwner) {
  FakeClock clock;
  std::latch begun(1);
  std::latch release(1);
  std::atomic<int> ran_of_one{0};
  std::atomic<int> ran_of_other{0};
  const int one = 1;
  const int other = 2;
  {
    WorkerPool pool(clock, {.name = "test", .max_threads = 1, .max_waiting = 4});
    const auto block = [&] {
      begun.count_down();
      release.wait();
      ++ran_of_one;
    };
    ASSERT_TRUE(pool.Submit(block, &one).ok());
    begun.wait();
    for (const int* owner : {&one, &other, &one, &other}) {
      std::atomic<int>& ran = owner == &one ? ran_of_one : ran_of_other;
      ASSERT_TRUE(pool.Submit([&ran] { ++ran; }, owner).ok());
    }
    EXPECT_EQ(pool.Withdraw(&one), 2u);
    EXPECT_EQ(pool.Withdraw(&one), 0u);
    // There is room again.
    for (int i = 0; i < 2; ++i) EXPECT_TRUE(pool.Submit([&] { ++ran_of_other; }, &other).ok());
    release.count_down();
  }
  EXPECT_EQ(ran_of_one, 1) << "the one that had started";
  EXPECT_EQ(ran_of_other, 4);
}

TEST(WorkerPool, WhatIsInAHurryWaitsForNobody) {
  FakeClock clock;
  std::latch begun(1);
  std::latch release(1);
  std::latch hurried(1);
  std::atomic<int> ran{0};
  const int owner = 1;
  {
    WorkerPool pool(clock, {.name = "test", .max_threads = 1, .max_waiting = 10});
    const auto block = [&] {
      begun.count_down();
      release.wait();
    };
    ASSERT_TRUE(pool.Submit(block, &owner).ok());
    begun.wait();
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(pool.Submit([&] { ++ran; }).ok());
    ASSERT_TRUE(pool.Submit([&] { hurried.count_down(); }, &owner).ok());
    pool.Hurry(&owner);
    hurried.wait();
    EXPECT_EQ(ran, 0) << "the others wait for the one thread";
    pool.Hurry(&owner);  // It has started: nothing.
    release.count_down();
  }
  EXPECT_EQ(ran, 3);
}

TEST(WorkerPool, TakesWhatItMustHoweverManyWait) {
  FakeClock clock;
  std::atomic<int> ran{0};
  {
    WorkerPool pool(clock, {.name = "test", .max_threads = 1, .max_waiting = 1});
    for (int i = 0; i < 10; ++i) ASSERT_TRUE(pool.SubmitAlways([&] { ++ran; }, nullptr).ok());
  }
  EXPECT_EQ(ran, 10);
}

// Threads that end while others are started in the same go.
TEST(WorkerPool, StartsManyThreadsAtOnceAndGivesThemBack) {
  FakeClock clock;
  std::atomic<int> ran{0};
  for (int round = 0; round < 50; ++round) {
    WorkerPool pool(clock, {.name = "test", .max_threads = 64, .max_waiting = 1000});
    EXPECT_EQ(pool.SubmitCopies(
                  200, [&] { ++ran; }, nullptr),
              200U);
  }
  EXPECT_EQ(ran, 50 * 200);
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
