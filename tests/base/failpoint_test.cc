// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "base/failpoint.h"

#include <csignal>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

#if SLUICE_FAILPOINTS

using testing::ElementsAre;
using testing::HasSubstr;

// The one that is used here: it can fail.
absl::Status Pass() {
  SLUICE_FAILPOINT_OR_RETURN("journal.after_sync");
  return absl::OkStatus();
}

class FailpointTest : public testing::Test {
 protected:
  ~FailpointTest() override { EXPECT_TRUE(ArmFailpoints("").ok()); }

  static std::vector<bool> PassFourTimes() {
    std::vector<bool> passed;
    for (int i = 0; i < 4; ++i) passed.push_back(Pass().ok());
    return passed;
  }
};

TEST_F(FailpointTest, DoesNothingUntilItIsArmed) {
  EXPECT_THAT(PassFourTimes(), ElementsAre(true, true, true, true));
}

TEST_F(FailpointTest, FailsAtTheHitsThatAreAskedFor) {
  ASSERT_TRUE(ArmFailpoints("journal.after_sync=error").ok());
  EXPECT_EQ(Pass(), absl::InternalError("failpoint journal.after_sync"));
  EXPECT_THAT(PassFourTimes(), ElementsAre(false, false, false, false));
  ASSERT_TRUE(ArmFailpoints("journal.after_sync=error@2").ok());
  EXPECT_THAT(PassFourTimes(), ElementsAre(true, false, true, true));
  ASSERT_TRUE(ArmFailpoints("journal.before_reply=crash@9,journal.after_sync=error@3+").ok());
  EXPECT_THAT(PassFourTimes(), ElementsAre(true, true, false, false));
}

TEST_F(FailpointTest, SleepsAndGoesOn) {
  ASSERT_TRUE(ArmFailpoints("journal.after_sync=sleep(0s)").ok());
  EXPECT_TRUE(Pass().ok());
}

TEST_F(FailpointTest, CrashesAsKillDashNineDoes) {
  EXPECT_EXIT(
      {
        ArmFailpoints("journal.after_sync=crash@2").IgnoreError();
        PassFourTimes();
      },
      testing::KilledBySignal(SIGKILL), "");
}

struct BadCase {
  std::string specification;
  std::string words;
};

TEST_F(FailpointTest, RefusesWhatItDoesNotKnow) {
  const BadCase cases[] = {
      {"journal.before_lunch=crash", "\"journal.before_lunch=crash\": there is no such failpoint"},
      {"journal.before_lunch=crash", "accept.before_hand_over, audit.before_write"},
      {"journal", "there is no such failpoint"},
      {"journal.after_sync", "the actions are crash, error and sleep(100ms)"},
      {"journal.after_sync=explode", "the actions are"},
      {"journal.after_sync=sleep", "the actions are"},
      {"journal.after_sync=sleep(soon)", "the actions are"},
      {"journal.after_sync=sleep(-1s)", "the actions are"},
      {"journal.before_reply=error", "this place cannot fail"},
      {"journal.after_sync=crash@", "after @ comes which time"},
      {"journal.after_sync=crash@0", "after @ comes which time"},
      {"journal.after_sync=crash@2-", "after @ comes which time"},
  };
  for (const BadCase& bad : cases) {
    const absl::Status status = ArmFailpoints(bad.specification);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << bad.specification;
    EXPECT_THAT(std::string(status.message()), HasSubstr(bad.words)) << bad.specification;
  }
}

#endif  // SLUICE_FAILPOINTS

}  // namespace
}  // namespace sluice
