// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/call_workers.h"

#include <atomic>
#include <functional>
#include <latch>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "support/fake_clock.h"

namespace sluice {
namespace {

class CallWorkersTest : public testing::Test {
 protected:
  WorkerPool::Options Threads(size_t count, size_t max_waiting = 1000) {
    return {.name = "test", .max_threads = count, .max_waiting = max_waiting};
  }

  // Keeps the only thread of the pool busy until release_.
  void Occupy(WorkerPool& pool) {
    const absl::Status taken = pool.Submit([this] {
      begun_.count_down();
      release_.wait();
    });
    ASSERT_TRUE(taken.ok()) << taken;
    begun_.wait();
  }

  FakeClock clock_;
  Control control_{clock_, absl::InfiniteDuration()};
  std::latch begun_{1};
  std::latch release_{1};
};

TEST_F(CallWorkersTest, ShareTheCalls) {
  WorkerPool pool(clock_, Threads(4));
  CallWorkers workers(control_, pool);
  std::atomic<size_t> next{0};
  std::atomic<int> began{0};
  std::vector<std::atomic<int>> calls(1000);
  workers.Launch(calls.size(), [&] {
    ++began;
    for (size_t i = next++; i < calls.size(); i = next++) ++calls[i];
  });
  EXPECT_EQ(workers.Await(), Interrupt::kNone);
  for (const std::atomic<int>& count : calls) EXPECT_EQ(count, 1);
  EXPECT_EQ(began, 4);
}

TEST_F(CallWorkersTest, AreNoMoreThanAskedFor) {
  WorkerPool pool(clock_, Threads(4));
  CallWorkers workers(control_, pool);
  std::atomic<int> began{0};
  workers.Launch(2, [&] { ++began; });
  EXPECT_EQ(workers.Await(), Interrupt::kNone);
  EXPECT_EQ(began, 2);
}

TEST_F(CallWorkersTest, WithoutThreadsTheCallerWorks) {
  WorkerPool pool(clock_, Threads(0));
  CallWorkers workers(control_, pool);
  const std::thread::id caller = std::this_thread::get_id();
  int began = 0;
  workers.Launch(3, [&] {
    EXPECT_EQ(std::this_thread::get_id(), caller);
    ++began;
  });
  EXPECT_EQ(workers.Await(), Interrupt::kNone);
  EXPECT_EQ(began, 1);
}

TEST_F(CallWorkersTest, ThatAreRefusedAreDoneByTheCaller) {
  WorkerPool pool(clock_, Threads(1, 0));
  Occupy(pool);
  CallWorkers workers(control_, pool);
  int began = 0;
  workers.Launch(3, [&] { ++began; });
  EXPECT_EQ(workers.Await(), Interrupt::kNone);
  EXPECT_EQ(began, 1);
  release_.count_down();
}

TEST_F(CallWorkersTest, ThatHaveNotStartedWhenTheRunIsInterruptedNeverDo) {
  std::atomic<int> began{0};
  {
    WorkerPool pool(clock_, Threads(1));
    Occupy(pool);
    CallWorkers workers(control_, pool);
    workers.Launch(3, [&] { ++began; });
    control_.Stop(Interrupt::kAbort);
    EXPECT_EQ(workers.Await(), Interrupt::kAbort);
    release_.count_down();
  }
  EXPECT_EQ(began, 0);
}

}  // namespace
}  // namespace sluice
