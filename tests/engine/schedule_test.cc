// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Random schedules, without and with the daemon's end at random commits. SLUICE_SEEDS is how many,
// SLUICE_FIRST_SEED where they begin: a failure names its seed, which replays exactly. With
// SLUICE_TRACE=1 all events are printed.

#include "engine/schedule.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "engine/crash_schedule.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "spdlog/spdlog.h"
#include "support/fake_clock.h"
#include "support/scheduler_clock.h"

namespace sluice {
namespace {

using testing::IsEmpty;

// In equal parts, so that they run side by side.
constexpr int64_t kParts = 10;
// Unless SLUICE_SEEDS says otherwise, as CI does.
constexpr int64_t kSeeds = 1'000;
constexpr int64_t kAnyNumber = INT64_MAX;
// With threads that the system schedules: finds what a clock that runs one at a time cannot, and
// does not replay.
constexpr int64_t kMostFreeSeeds = 500;
// Each run twice.
constexpr int64_t kMostComparedSeeds = 300;
constexpr size_t kTail = 60;

int64_t FromEnvironment(const char* name, int64_t fallback) {
  const char* text = std::getenv(name);
  int64_t value = 0;
  return text != nullptr && absl::SimpleAtoi(text, &value) ? value : fallback;
}

// How to run one seed of the present test alone.
std::string Repeat(uint64_t seed) {
  const testing::TestInfo& test = *testing::UnitTest::GetInstance()->current_test_info();
  return absl::StrCat("seed ", seed, "; SLUICE_FIRST_SEED=", seed,
                      " SLUICE_SEEDS=1 engine_test --gtest_filter='", test.test_suite_name(), ".",
                      std::string(test.name()).substr(0, std::string(test.name()).find('/')),
                      "*' repeats it");
}

std::string End(uint64_t seed, const Schedule& schedule) {
  return absl::StrCat(Repeat(seed), "\nits last ", kTail, " events:\n",
                      schedule.trace().Tail(kTail));
}

// A schedule on a clock that decides who runs when.
template <typename Kind>
class Exact {
 public:
  explicit Exact(uint64_t seed)
      : seed_(seed),
        clock_(seed, [this](const std::string& report) { ReportDeadlock(report); }),
        schedule_(seed, clock_) {}

  Schedule& schedule() { return schedule_; }

 private:
  void ReportDeadlock(const std::string& report) {
    std::fprintf(stderr, "%s\n%s\n", report.c_str(), End(seed_, schedule_).c_str());
  }

  const uint64_t seed_;
  SchedulerClock clock_;
  Kind schedule_;
};

// A schedule whose threads run as the system has it.
template <typename Kind>
class Free {
 public:
  explicit Free(uint64_t seed) : schedule_(seed, clock_) {}

  Schedule& schedule() { return schedule_; }

 private:
  FakeClock clock_;
  Kind schedule_;
};

class ScheduleTest : public testing::TestWithParam<int64_t> {
 protected:
  // The trace tells more, and only of the run that failed.
  static void SetUpTestSuite() { spdlog::set_level(spdlog::level::off); }
  static void TearDownTestSuite() { spdlog::set_level(spdlog::level::info); }

  // Calls `run` with each seed of this part.
  template <typename Run>
  void ForEachSeed(int64_t most, Run run) {
    const int64_t count = std::min(FromEnvironment("SLUICE_SEEDS", kSeeds), most);
    const int64_t first = FromEnvironment("SLUICE_FIRST_SEED", 1);
    for (int64_t seed = first + GetParam(); seed < first + count; seed += kParts) {
      run(static_cast<uint64_t>(seed));
      if (HasFatalFailure()) return;
    }
  }

  template <typename Kind>
  void RunAll(int64_t most) {
    ForEachSeed(most, [](uint64_t seed) {
      Kind kind(seed);
      kind.schedule().Run();
      if (FromEnvironment("SLUICE_TRACE", 0) > 0) {
        std::printf("%s\n", kind.schedule().trace().Tail(SIZE_MAX).c_str());
      }
      ASSERT_THAT(kind.schedule().violations(), IsEmpty()) << End(seed, kind.schedule());
    });
  }

  template <typename Kind>
  void CompareAll() {
    ForEachSeed(kMostComparedSeeds, [](uint64_t seed) {
      Kind first(seed);
      Kind second(seed);
      first.schedule().Run();
      second.schedule().Run();
      const std::vector<std::string> expected = first.schedule().trace().lines();
      const std::vector<std::string> lines = second.schedule().trace().lines();
      for (size_t i = 0; i < std::min(lines.size(), expected.size()); ++i) {
        ASSERT_EQ(lines[i], expected[i]) << "line " << i << " of both runs; " << Repeat(seed);
      }
      ASSERT_EQ(lines.size(), expected.size()) << Repeat(seed);
      ASSERT_EQ(second.schedule().Records(), first.schedule().Records()) << Repeat(seed);
    });
  }
};

TEST_P(ScheduleTest, KeepsItsPromisesWhateverComes) { RunAll<Exact<Schedule>>(kAnyNumber); }

TEST_P(ScheduleTest, T01T11KeepsItsPromisesAcrossCrashes) {
  RunAll<Exact<CrashSchedule>>(kAnyNumber);
}

TEST_P(ScheduleTest, KeepsThemWithThreadsThatRunFreely) { RunAll<Free<Schedule>>(kMostFreeSeeds); }

TEST_P(ScheduleTest, KeepsThemAcrossCrashesWithThreadsThatRunFreely) {
  RunAll<Free<CrashSchedule>>(kMostFreeSeeds);
}

TEST_P(ScheduleTest, ASeedReplaysExactly) { CompareAll<Exact<Schedule>>(); }

TEST_P(ScheduleTest, ASeedWithCrashesReplaysExactly) { CompareAll<Exact<CrashSchedule>>(); }

INSTANTIATE_TEST_SUITE_P(Parts, ScheduleTest, testing::Range(int64_t{0}, kParts));

}  // namespace
}  // namespace sluice
