// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "support/scheduler_clock.h"

#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/thread.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

// Three threads that each write their letter ten times, as they come.
std::string Interleave(uint64_t seed) {
  SchedulerClock clock(seed);
  std::string written;
  std::vector<Thread> threads;
  for (const char letter : {'a', 'b', 'c'}) {
    threads.push_back(*Thread::Start(clock, "writer", [&clock, &written, letter] {
      for (int i = 0; i < 10; ++i) {
        written += letter;
        clock.Yield();
      }
    }));
  }
  threads.clear();
  return written;
}

TEST(SchedulerClock, RepeatsTheInterleavingOfASeed) {
  for (uint64_t seed = 1; seed <= 50; ++seed) EXPECT_EQ(Interleave(seed), Interleave(seed));
}

TEST(SchedulerClock, InterleavesOtherwiseWithOtherSeeds) {
  std::set<std::string> ways;
  for (uint64_t seed = 1; seed <= 50; ++seed) ways.insert(Interleave(seed));
  EXPECT_GT(ways.size(), 20U);
}

// Hands a number over, as the engine does.
class Slot {
 public:
  explicit Slot(Clock& clock) : clock_(clock) {}

  void Put(int value) {
    MutexLock lock(mutex_);
    value_ = value;
    came_.NotifyOne();
  }
  // Has a frame of its own, whatever the compiler thinks of it.
  [[gnu::noinline]] int Take() {
    MutexLock lock(mutex_);
    while (value_ == 0) clock_.WaitUntil(mutex_, came_, absl::InfiniteDuration());
    return std::exchange(value_, 0);
  }

 private:
  Clock& clock_;
  Mutex mutex_;
  CondVar came_;
  int value_ ABSL_GUARDED_BY(mutex_) = 0;
};

TEST(SchedulerClock, GoesOnWithWhoWasNotified) {
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    SchedulerClock clock(seed);
    Slot there(clock);
    Slot back(clock);
    const auto echo = *Thread::Start(clock, "echo", [&] {
      for (int i = 0; i < 10; ++i) back.Put(there.Take());
    });
    for (int i = 1; i <= 10; ++i) {
      there.Put(i);
      EXPECT_EQ(back.Take(), i);
    }
  }
}

TEST(SchedulerClock, LosesNoNotificationOfOneWaiter) {
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    SchedulerClock clock(seed);
    Slot slot(clock);
    int sum = 0;
    std::vector<Thread> takers;
    for (int i = 0; i < 3; ++i) {
      takers.push_back(*Thread::Start(clock, "taker", [&] { sum += slot.Take(); }));
    }
    for (int i = 1; i <= 3; ++i) {
      clock.Advance(absl::Seconds(1));
      while (sum < i * (i - 1) / 2) clock.Yield();
      slot.Put(i);
    }
    takers.clear();
    EXPECT_EQ(sum, 6);
  }
}

TEST(SchedulerClock, MovesTheTimeWhenNothingElseCanMove) {
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    SchedulerClock clock(seed);
    const absl::Time begin = clock.Now();
    std::string order;
    std::vector<Thread> threads;
    for (const int hours : {2, 1}) {
      threads.push_back(*Thread::Start(clock, "sleeper", [&clock, &order, hours] {
        EXPECT_TRUE(SleepFor(clock, absl::Hours(hours), {}));
        order += std::to_string(hours);
      }));
    }
    threads.clear();
    EXPECT_EQ(order, "12");
    EXPECT_EQ(clock.Now() - begin, absl::Hours(2));
  }
}

TEST(SchedulerClock, MovesTheTimeAsFarAsTheTestSays) {
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    SchedulerClock clock(seed);
    const auto ticker = *Thread::Start(clock, "ticker", [&] {
      for (int i = 0; i < 10; ++i) SleepFor(clock, absl::Milliseconds(700), {});
    });
    const absl::Duration begin = clock.Monotonic();
    clock.Advance(absl::Seconds(5));
    EXPECT_EQ(clock.Monotonic() - begin, absl::Seconds(5));
  }
}

TEST(SchedulerClock, JoinsAThreadThatStillRuns) {
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    SchedulerClock clock(seed);
    bool has_ended = false;
    Thread thread = *Thread::Start(clock, "worker", [&] {
      for (int i = 0; i < 10; ++i) clock.Yield();
      has_ended = true;
    });
    thread.Join();
    EXPECT_TRUE(has_ended);
  }
}

[[gnu::noinline]] void WaitForEver() {
  SchedulerClock clock(1);
  Slot here(clock);
  Slot there(clock);
  const auto thread = *Thread::Start(clock, "other", [&] { there.Take(); });
  here.Take();
}

TEST(SchedulerClock, NamesWhoWaitsWhereWhenNoThreadCanGoOn) {
  EXPECT_DEATH(WaitForEver(),
               "no thread can go on:\n  test waits in .*Slot::Take.*WaitForEver.*\n"
               "  other-1 waits in .*Slot::Take");
}

void WaitUnknown() {
  SchedulerClock clock(1);
  Slot slot(clock);
  std::thread([&] { slot.Take(); }).join();
}

TEST(SchedulerClock, RefusesAThreadThatItDoesNotSchedule) {
  EXPECT_DEATH(WaitUnknown(), "a thread waits that was not started with this clock");
}

}  // namespace
}  // namespace sluice
