// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "client/text.h"

#include <string>

#include "client/durations.h"
#include "client/line.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::client {
namespace {

TEST(DisplayWidthTest, CountsColumnsNotBytes) {
  EXPECT_EQ(DisplayWidth("abc"), 3);
  EXPECT_EQ(DisplayWidth("✔ ä"), 3);
  EXPECT_EQ(DisplayWidth("日本"), 4);
  EXPECT_EQ(DisplayWidth("e\u0301"), 1);
  EXPECT_EQ(DisplayWidth("\xff"), 1);
}

TEST(CutToWidthTest, NeverExceedsTheWidthNorSplitsACharacter) {
  EXPECT_EQ(CutToWidth("abcdef", 6), "abcdef");
  EXPECT_EQ(CutToWidth("abcdef", 4), "abc…");
  EXPECT_EQ(CutToWidth("日本語", 4), "日…");
  EXPECT_EQ(CutToWidth("abc", 1), "…");
  EXPECT_EQ(CutToWidth("abc", 0), "");
}

TEST(PrintableTest, LetsNothingReachTheTerminalsControls) {
  EXPECT_EQ(Printable("\x1b[31mred\x1b[0m \x1b]0;title\x07"), "red 0;title?");
  EXPECT_EQ(Printable("a\r\nb\tc"), "a b c");
  EXPECT_EQ(Printable("bad \xff\xc3"), "bad ??");
  EXPECT_EQ(Printable("\x1b"), "");
  EXPECT_EQ(Printable("\x1b[12"), "");
  EXPECT_EQ(Printable("over\u202eride"), "over?ride");
}

TEST(LineTest, CutsAcrossPiecesAndClosesEachColour) {
  Line line("ab", Style::kGood);
  line.Add("cdef", Style::kBad);
  EXPECT_EQ(line.ToText(0, false), "abcdef");
  EXPECT_EQ(line.ToText(4, false), "abc…");
  EXPECT_EQ(line.ToText(4, true), "\x1b[32mab\x1b[0m\x1b[31mc…\x1b[0m");
  EXPECT_EQ(line.ToText(6, false), "abcdef");
}

TEST(LineTest, CutsAtTheEndOfAPieceToo) {
  Line line("ab");
  line.Add("cd");
  for (int width = 1; width <= 4; ++width) {
    EXPECT_EQ(DisplayWidth(line.ToText(width, false)), width);
  }
  EXPECT_EQ(line.ToText(3, false), "ab…");
}

TEST(ShortDurationTest, KeepsTheTwoLargestUnits) {
  EXPECT_EQ(ShortDuration(absl::ZeroDuration()), "0s");
  EXPECT_EQ(ShortDuration(absl::Milliseconds(350)), "350ms");
  EXPECT_EQ(ShortDuration(absl::Milliseconds(1900)), "1s");
  EXPECT_EQ(ShortDuration(absl::Seconds(130)), "2m 10s");
  EXPECT_EQ(ShortDuration(absl::Hours(3)), "3h");
  EXPECT_EQ(ShortDuration(absl::Hours(98) + absl::Minutes(5)), "4d 2h");
  EXPECT_EQ(ShortDuration(absl::Seconds(-5)), "0s");
}

}  // namespace
}  // namespace sluice::client
