// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Random schedules, without and with the daemon's end at random commits. SLUICE_SEEDS is how many,
// SLUICE_FIRST_SEED where they begin: a failure names its seed.

#include "engine/schedule.h"

#include <cstdlib>

#include "absl/strings/numbers.h"
#include "engine/crash_schedule.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

using testing::IsEmpty;

// In equal parts, so that they run side by side.
constexpr int64_t kParts = 10;
constexpr int64_t kSeeds = 10'000;
constexpr int64_t kSeedsWithCrashes = 2'000;

int64_t FromEnvironment(const char* name, int64_t fallback) {
  const char* text = std::getenv(name);
  int64_t value = 0;
  return text != nullptr && absl::SimpleAtoi(text, &value) ? value : fallback;
}

class ScheduleTest : public testing::TestWithParam<int64_t> {
 protected:
  template <typename Kind>
  void RunAll(int64_t seeds) {
    const int64_t count = FromEnvironment("SLUICE_SEEDS", seeds);
    const int64_t first = FromEnvironment("SLUICE_FIRST_SEED", 1);
    for (int64_t seed = first + GetParam(); seed < first + count; seed += kParts) {
      Kind schedule(static_cast<uint64_t>(seed));
      schedule.Run();
      ASSERT_THAT(schedule.violations(), IsEmpty())
          << "seed " << seed << "; SLUICE_FIRST_SEED=" << seed << " SLUICE_SEEDS=1 repeats it";
    }
  }
};

TEST_P(ScheduleTest, KeepsItsPromisesWhateverComes) { RunAll<Schedule>(kSeeds); }

TEST_P(ScheduleTest, T01T11KeepsItsPromisesAcrossCrashes) {
  RunAll<CrashSchedule>(kSeedsWithCrashes);
}

INSTANTIATE_TEST_SUITE_P(Parts, ScheduleTest, testing::Range(int64_t{0}, kParts));

}  // namespace
}  // namespace sluice
