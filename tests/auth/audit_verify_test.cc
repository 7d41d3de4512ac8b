// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Whatever is done to an audit file afterwards is found.

#include <string>
#include <vector>

#include "absl/strings/str_replace.h"
#include "auth/audit_fixture.h"
#include "auth/audit_trail.h"
#include "base/audit/audit_line.h"
#include "base/audit/audit_reader.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

using ::testing::StartsWith;

TEST_F(AuditTest, EveryChangedByteIsFoundInItsLine) {
  Fill(3);
  const std::vector<std::string> lines = Lines();
  for (size_t at = 0; at < lines[1].size(); ++at) {
    std::vector<std::string> changed = lines;
    changed[1][at] = changed[1][at] == 'X' ? 'Y' : 'X';
    Rewrite(changed);
    ASSERT_THAT(Fault(), StartsWith("FILE:2: ")) << "byte " << at;
  }
}

TEST_F(AuditTest, TheFirstAlteredRecordIsNamed) {
  Fill(5);
  std::vector<std::string> lines = Lines();
  for (const size_t i : {3u, 2u}) lines[i] = absl::StrReplaceAll(lines[i], {{"\"OK\"", "\"NO\""}});
  Rewrite(lines);
  EXPECT_EQ(Fault(), "FILE:3: was altered: its hash is not that of its content");
}

TEST_F(AuditTest, ARecordThatWasForgedWithItsHashBreaksTheChainAfterIt) {
  Fill(3);
  std::vector<std::string> lines = Lines();
  v1::AuditRecord forged = *ParseAuditLine(lines[1]);
  forged.set_principal("somebody else");
  lines[1] = ToAuditLine(forged);
  Rewrite(lines);
  EXPECT_EQ(Fault(), "FILE:3: does not follow the record before it: one of both was replaced");
}

TEST_F(AuditTest, MissingRecordsAreFound) {
  Fill(5);
  std::vector<std::string> lines = Lines();
  lines.erase(lines.begin() + 1, lines.begin() + 3);
  Rewrite(lines);
  EXPECT_EQ(Fault(), "FILE:2: is record 4 after record 1: 2 before it missing");
}

TEST_F(AuditTest, MovedAndInsertedRecordsAreFound) {
  Fill(3);
  std::vector<std::string> lines = Lines();
  std::vector<std::string> repeated = lines;
  repeated.insert(repeated.begin() + 2, lines[0]);
  Rewrite(repeated);
  EXPECT_EQ(Fault(), "FILE:3: is record 1 again, after 2: it was moved or inserted");
  lines.insert(lines.begin() + 1, "");
  Rewrite(lines);
  EXPECT_EQ(Fault(), "FILE:2: is no audit record: it is too short");
}

TEST_F(AuditTest, ARecordCutInTheMiddleOfTheFileIsFound) {
  Fill(3);
  std::vector<std::string> lines = Lines();
  lines[1].resize(lines[1].size() / 2);
  Rewrite(lines);
  EXPECT_THAT(Fault(), StartsWith("FILE:2: is no audit record"));
}

TEST_F(AuditTest, ARemovedBeginningIsNotPassedOffAsTheBeginning) {
  Fill(3);
  std::vector<std::string> lines = Lines();
  v1::AuditRecord second = *ParseAuditLine(lines[1]);
  lines.erase(lines.begin());
  Rewrite(lines);
  EXPECT_EQ(VerifyAuditTrail(path())->first_sequence, 2);
  second.set_sequence(1);
  Rewrite({ToAuditLine(second)});
  EXPECT_EQ(Fault(), "FILE:1: is no beginning of a trail");
}

TEST_F(AuditTest, AHugeLineIsAFaultAndNoMemory) {
  Fill(1);
  std::vector<std::string> lines = Lines();
  lines.push_back(std::string(4'000'000, 'x'));
  Rewrite(lines);
  EXPECT_THAT(Fault(), StartsWith("FILE:2: is no audit record"));
}

}  // namespace
}  // namespace sluice
