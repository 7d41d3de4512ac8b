// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "base/violations.h"

#include <string>

#include "base/text.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

TEST(Quoted, EscapesWhatWouldBreakALine) {
  EXPECT_EQ(Quoted("a\nb\"c"), "\"a\\nb\\\"c\"");
  EXPECT_EQ(Quoted("größer"), "\"größer\"");
}

TEST(Quoted, IsValidUtf8WhateverItQuotes) {
  EXPECT_EQ(Quoted("v\xff"
                   "1"),
            "\"v?1\"");
  // Cut in the middle of a character.
  const std::string cut = Quoted("ab\xc3\xb6", 3);
  EXPECT_EQ(ToValidUtf8(cut), cut);
}

TEST(Quoted, EscapesWhatSteersATerminalOrBreaksALineBeyondAscii) {
  EXPECT_EQ(Quoted("a\u009b2J\u0085b"), "\"a\\xc2\\x9b2J\\xc2\\x85b\"");
  EXPECT_EQ(Quoted("a\u2028b\u2029"), "\"a\\xe2\\x80\\xa8b\\xe2\\x80\\xa9\"");
  EXPECT_EQ(Quoted("\u00a0\u2027"), "\"\u00a0\u2027\"");
}

struct TextCase {
  std::string text;
  std::string violation;  // none: it is good
};

TEST(CheckText, TakesEverythingButControlCharacters) {
  constexpr char kControl[] = "must not contain control characters, is ";
  const TextCase cases[] = {
      {"", ""},
      {"größer, 更大, \U0001F600", ""},
      // Beside those that are refused.
      {"\u00a0\u2027\u202f", ""},
      {"a\tb", R"("a\tb")"},
      {std::string("a\0b", 3), R"("a?b")"},
      {"a\x1b[2J", R"("a\x1b[2J")"},
      {"a\x7f", R"("a\x7f")"},
      {"a\u0080", R"("a\xc2\x80")"},
      {"a\u009b2J", R"("a\xc2\x9b2J")"},
      {"a\u009f", R"("a\xc2\x9f")"},
      {"a\u2028event=forged", R"("a\xe2\x80\xa8event=forged")"},
      {"a\u2029", R"("a\xe2\x80\xa9")"},
  };
  for (const TextCase& test : cases) {
    Violations violations;
    CheckText("reason", test.text, 100, violations);
    ASSERT_EQ(violations.empty(), test.violation.empty()) << Quoted(test.text);
    if (violations.empty()) continue;
    EXPECT_EQ(violations.all()[0].field, "reason");
    EXPECT_EQ(violations.all()[0].description, kControl + test.violation);
  }
}

TEST(CheckText, CountsBytes) {
  Violations violations;
  CheckText("reason", "größer", 8, violations);
  EXPECT_TRUE(violations.empty());
  CheckText("reason", "größer", 7, violations);
  ASSERT_EQ(violations.all().size(), 1u);
  EXPECT_EQ(violations.all()[0].description, "must be at most 7 bytes, has 8");
}

}  // namespace
}  // namespace sluice
