// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "client/text.h"

#include <string>
#include <utility>

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

TEST(DisplayWidthTest, CountsTwoForWhatScriptsLikeToPrint) {
  for (const char* wide : {"✅", "❌", "⏳", "⚡", "✨", "🚀", "🛑", "🟢", "🥇", "🧪"}) {
    EXPECT_EQ(DisplayWidth(wide), 2) << wide;
  }
  for (const char* narrow : {"✔", "✖", "◷", "↩", "⊘", "◀", "…", "█", "├"}) {
    EXPECT_EQ(DisplayWidth(narrow), 1) << narrow;
  }
}

TEST(CutToWidthTest, NeverExceedsTheWidthNorSplitsACharacter) {
  EXPECT_EQ(CutToWidth("abcdef", 6), "abcdef");
  EXPECT_EQ(CutToWidth("abcdef", 4), "abc…");
  EXPECT_EQ(CutToWidth("日本語", 4), "日…");
  EXPECT_EQ(CutToWidth("abc", 1), "…");
  EXPECT_EQ(CutToWidth("abc", 0), "");
}

TEST(WrapTest, BreaksBetweenWordsAndLongWordsAnywhere) {
  using ::testing::ElementsAre;
  EXPECT_THAT(Wrap("one two three", 8, 0), ElementsAre("one two", "three"));
  EXPECT_THAT(Wrap("one two three", 80, 0), ElementsAre("one two three"));
  EXPECT_THAT(Wrap("one two three", 0, 1), ElementsAre("one two three"));
  EXPECT_THAT(Wrap("one abcdefghij", 4, 0), ElementsAre("one", "abcd", "efgh", "ij"));
  EXPECT_THAT(Wrap("日本語", 4, 0), ElementsAre("日本", "語"));
  EXPECT_THAT(Wrap("日本", 1, 0), ElementsAre("日", "本"));
  EXPECT_THAT(Wrap("", 4, 0), ElementsAre(""));
}

TEST(WrapTest, CutsWhatIsMoreThanTheLinesThatThereMayBe) {
  using ::testing::ElementsAre;
  EXPECT_THAT(Wrap("one two three", 8, 2), ElementsAre("one two", "three"));
  EXPECT_THAT(Wrap("one two three four", 8, 2), ElementsAre("one two", "three f…"));
}

TEST(PrintableTest, LetsNothingReachTheTerminalsControls) {
  EXPECT_EQ(Printable("\x1b[31mred\x1b[0m \x1b]0;title\x07"), "red ");
  EXPECT_EQ(Printable("a\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\ b"), "alink b");
  EXPECT_EQ(Printable("a\x1bP1;2|\x07z\x1b\\b"), "ab");
  EXPECT_EQ(Printable("a\x1b]0;never ends"), "a0;never ends");
  EXPECT_EQ(Printable("a\x1b[1\u00e4\x1b\u00e4"), "aää");
  EXPECT_EQ(Printable("a\x1b(Bb"), "ab");
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

TEST(LineTest, ACutLineEndsWithItsSignWhereverItIsCut) {
  Line line("ab");
  line.Add("c").Add("d").Add("efg").Add("h");
  for (int width = 1; width < line.Width(); ++width) {
    const std::string text = line.ToText(width, false);
    EXPECT_EQ(DisplayWidth(text), width);
    EXPECT_THAT(text, ::testing::EndsWith("…"));
  }
  EXPECT_EQ(line.ToText(3, false), "ab…");
  EXPECT_EQ(line.ToText(8, false), "abcdefgh");
}

TEST(LineTest, CutsAtTheEndOfAPieceToo) {
  Line line("ab");
  line.Add("cd");
  for (int width = 1; width <= 4; ++width) {
    EXPECT_EQ(DisplayWidth(line.ToText(width, false)), width);
  }
  EXPECT_EQ(line.ToText(3, false), "ab…");
}

TEST(FlagDurationTest, TakesABareNumberForSeconds) {
  const std::pair<const char*, absl::Duration> cases[] = {
      {"30", absl::Seconds(30)},    {"30s", absl::Seconds(30)},        {"5m", absl::Minutes(5)},
      {"1h30m", absl::Minutes(90)}, {"1.5", absl::Milliseconds(1500)}, {"0", absl::ZeroDuration()}};
  for (const auto& [text, duration] : cases) EXPECT_EQ(ParseFlagDuration(text).value(), duration);
  for (const char* text : {"", ".", "-3", "1.2.3", "3 s", "soon", "inf", "1e3", "99999999999999"}) {
    EXPECT_FALSE(ParseFlagDuration(text).ok()) << text;
  }
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
