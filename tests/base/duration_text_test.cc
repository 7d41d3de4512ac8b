// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "base/duration_text.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

using ::testing::HasSubstr;

struct ReadableCase {
  const char* text;
  absl::Duration duration;
};

class ReadableDuration : public testing::TestWithParam<ReadableCase> {};

TEST_P(ReadableDuration, IsReadAndWrittenBack) {
  const auto duration = ParseDuration(GetParam().text);
  ASSERT_TRUE(duration.ok()) << duration.status();
  EXPECT_EQ(*duration, GetParam().duration);
  const auto again = ParseDuration(absl::FormatDuration(*duration));
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(*again, *duration);
}

INSTANTIATE_TEST_SUITE_P(Table, ReadableDuration,
                         testing::Values(ReadableCase{"500ms", absl::Milliseconds(500)},
                                         ReadableCase{"90s", absl::Seconds(90)},
                                         ReadableCase{"5m", absl::Minutes(5)},
                                         ReadableCase{"1h30m", absl::Minutes(90)},
                                         ReadableCase{"1.5s", absl::Milliseconds(1500)},
                                         ReadableCase{"0", absl::ZeroDuration()},
                                         ReadableCase{"0s", absl::ZeroDuration()},
                                         ReadableCase{"250us", absl::Microseconds(250)}));

struct UnreadableCase {
  const char* text;
  const char* error;
};

class UnreadableDuration : public testing::TestWithParam<UnreadableCase> {};

TEST_P(UnreadableDuration, IsRefusedWithWhatToWrite) {
  const auto duration = ParseDuration(GetParam().text);
  ASSERT_FALSE(duration.ok());
  EXPECT_THAT(std::string(duration.status().message()), HasSubstr(GetParam().error));
}

INSTANTIATE_TEST_SUITE_P(Table, UnreadableDuration,
                         testing::Values(UnreadableCase{"", "must be a duration such as 500ms"},
                                         UnreadableCase{"90", "did you mean 90s?"},
                                         UnreadableCase{"5 minutes", "is \"5 minutes\""},
                                         UnreadableCase{"-5s", "must be a duration of 0 or more"},
                                         UnreadableCase{"inf", "at most 10,000 years"},
                                         UnreadableCase{"99999999999h", "at most 10,000 years"},
                                         UnreadableCase{"nan", "must be a duration such as"}));

}  // namespace
}  // namespace sluice
