// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "base/text.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace sluice {
namespace {

struct Utf8Case {
  std::string name;
  std::string input;
  std::string valid;
};

class ToValidUtf8Test : public testing::TestWithParam<Utf8Case> {};

TEST_P(ToValidUtf8Test, ReplacesWhatIsNotUtf8) {
  EXPECT_EQ(ToValidUtf8(GetParam().input), GetParam().valid);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, ToValidUtf8Test,
    testing::Values(
        Utf8Case{"Ascii", "plain\n\ttext", "plain\n\ttext"},
        Utf8Case{"TwoBytes", "\xC3\xA9", "\xC3\xA9"},
        Utf8Case{"ThreeBytes", "\xE2\x82\xAC", "\xE2\x82\xAC"},
        Utf8Case{"FourBytes", "\xF0\x9F\x98\x80", "\xF0\x9F\x98\x80"},
        Utf8Case{"LoneContinuation", "a\x80z", "a?z"}, Utf8Case{"CutAtTheEnd", "a\xE2\x82", "a??"},
        Utf8Case{"CutInTheMiddle", "\xE2\x82z", "??z"}, Utf8Case{"OverlongSlash", "\xC0\xAF", "??"},
        Utf8Case{"OverlongThreeBytes", "\xE0\x80\xAF", "???"},
        Utf8Case{"OverlongFourBytes", "\xF0\x80\x80\xAF", "????"},
        Utf8Case{"Surrogate", "\xED\xA0\x80", "???"},
        Utf8Case{"AboveUnicode", "\xF4\x90\x80\x80", "????"},
        Utf8Case{"LargestCodePoint", "\xF4\x8F\xBF\xBF", "\xF4\x8F\xBF\xBF"},
        Utf8Case{"NeverALead", "\xFF\xFE", "??"}, Utf8Case{"Nul", std::string("a\0z", 3), "a?z"}),
    [](const auto& test) { return test.param.name; });

TEST(HeadAndTailTest, KeepsAShortTextWhole) {
  HeadAndTail kept(4, 4);
  kept.Append("abc");
  kept.Append("defgh");
  EXPECT_EQ(kept.Text(), "abcdefgh");
}

TEST(HeadAndTailTest, SaysHowMuchItLeftOut) {
  HeadAndTail kept(3, 2);
  for (const char* piece : {"ab", "cdefgh", "i", "jkl"}) kept.Append(piece);
  EXPECT_EQ(kept.Text(), "abc\n[7 bytes left out]\nkl");
}

TEST(HeadAndTailTest, KeepsTheSameHoweverTheTextIsCut) {
  std::string text;
  for (int i = 0; i < 500; ++i) text += std::to_string(i);
  HeadAndTail whole(50, 70);
  whole.Append(text);
  for (size_t piece : {1, 7, 69, 70, 71, 200}) {
    HeadAndTail kept(50, 70);
    for (size_t at = 0; at < text.size(); at += piece) kept.Append(text.substr(at, piece));
    EXPECT_EQ(kept.Text(), whole.Text()) << "in pieces of " << piece;
  }
}

TEST(HeadAndTailTest, DoesNotBreakACharacterBetweenHeadAndTail) {
  HeadAndTail kept(1, 10);
  kept.Append("\xC3\xA9");
  EXPECT_EQ(kept.Text(), "\xC3\xA9");
}

TEST(HeadAndTailTest, IsValidWhereItCutACharacter) {
  HeadAndTail kept(1, 1);
  kept.Append("\xC3\xA9\xC3\xA9");
  EXPECT_EQ(kept.Text(), "?\n[2 bytes left out]\n?");
}

TEST(LastLineTest, IsTheLastThatIsNotBlank) {
  EXPECT_EQ(LastLine("first\n  second  \r\n\n  \n"), "second");
  EXPECT_EQ(LastLine("only"), "only");
  EXPECT_EQ(LastLine(" \n\n"), "");
  EXPECT_EQ(LastLine(""), "");
}

TEST(LastLineTest, CutsALongLineBetweenCharacters) {
  const std::string cut = LastLine(std::string(199, 'x') + "\xE2\x82\xAC" + "tail");
  EXPECT_EQ(cut, std::string(199, 'x') + "…");
}

TEST(DecodeUtf8, GivesTheCodePointAndItsBytes) {
  const std::pair<std::string, CodePoint> cases[] = {
      {"az", {U'a', 1, true}},
      {std::string("\0z", 2), {0, 1, true}},
      {"\u009bz", {0x9B, 2, true}},
      {"\u2028z", {0x2028, 3, true}},
      {"\U0001F600z", {0x1F600, 4, true}},
      {"\xC2", {0, 1, false}},
      {"\xC0\x80", {0, 1, false}},
      {"\xED\xA0\x80", {0, 1, false}},
  };
  for (const auto& [text, expected] : cases) {
    const CodePoint point = DecodeUtf8(text);
    EXPECT_EQ(point.value, expected.value);
    EXPECT_EQ(point.bytes, expected.bytes);
    EXPECT_EQ(point.valid, expected.valid);
  }
}

}  // namespace
}  // namespace sluice
