// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "base/violations.h"

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

}  // namespace
}  // namespace sluice
