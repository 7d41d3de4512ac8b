// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The audit file: its lines, restarts, rotation, and what a second writer or a full disk does.

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "auth/audit_file.h"
#include "auth/audit_fixture.h"
#include "auth/audit_trail.h"
#include "base/audit/audit_line.h"
#include "base/audit/audit_reader.h"
#include "base/crypto/sha256.h"
#include "base/crypto/token.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST_F(AuditTest, ALineIsOneJsonObjectThatEndsWithItsHash) {
  v1::AuditRecord record = Record("web");
  record.set_sequence(1);
  record.mutable_time()->set_seconds(1'800'000'000);
  record.mutable_time()->set_nanos(123'456'789);
  record.set_reason("say \"hi\"\n");
  record.set_previous_hash(FirstPreviousHash());
  const std::string line = ToAuditLine(record);
  const std::string content = absl::StrCat(
      R"({"sequence":1,"time":"2027-01-15T08:00:00.123456Z","principal":"ci","how":"token",)"
      R"("peer":"127.0.0.1:9","method":"Deploy","service":"web","deployment":"",)"
      R"("what":"","request_id":"","reason":"say \"hi\"\u000a","outcome":"OK","message":"",)"
      R"("previous_hash":")",
      FirstPreviousHash(), "\"");
  EXPECT_EQ(line, absl::StrCat(content, ",\"hash\":\"", Sha256Hex(content), "\"}"));
  const auto parsed = ParseAuditLine(line);
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->reason(), "say \"hi\"\n");
  EXPECT_EQ(parsed->hash(), record.hash());
}

TEST_F(AuditTest, ATryToWriteLeavesNothing) {
  const auto file = Open();
  EXPECT_TRUE(Append(*file, {"a"}).ok());
  EXPECT_TRUE(file->TryToWrite().ok());
  EXPECT_EQ(Lines().size(), 1u);
  {
    const FileSizeLimit limit(100);
    EXPECT_FALSE(file->TryToWrite().ok());
  }
  EXPECT_TRUE(Append(*file, {"b"}).ok());
  EXPECT_EQ(Fault(), "");
}

TEST_F(AuditTest, ACrashWhileItTriesToWriteCostsNothing) {
  v1::AuditRecord longest = Record(std::string(5000, '\x01'));
  for (auto* text : {longest.mutable_reason(), longest.mutable_message(), longest.mutable_peer()}) {
    *text = longest.service();
  }
  std::vector<v1::AuditRecord> records = {Record("a"), longest};
  EXPECT_TRUE(Open()->Append(records).ok());
  std::ofstream(path(), std::ios::app) << std::string(kMaxAuditLineBytes, ' ');
  const auto file = Open();
  EXPECT_EQ(file->cut_bytes(), static_cast<int64_t>(kMaxAuditLineBytes));
  EXPECT_TRUE(Append(*file, {"b"}).ok());
  EXPECT_EQ(Fault(), "");
  EXPECT_EQ(Lines().size(), 3u);
}

TEST_F(AuditTest, NoSecretAndNoBrokenTextGetsIntoALine) {
  v1::AuditRecord record = Record("web");
  const std::string token = *NewToken();
  record.set_reason(absl::StrCat(std::string(1000, 'x'), token));
  record.set_message("\xFF\xFE bytes");
  record.set_service(std::string(1'000'000, '\x01'));
  const std::string line = ToAuditLine(record);
  EXPECT_LT(line.size(), kMaxAuditLineBytes);
  EXPECT_THAT(line, Not(HasSubstr(token.substr(0, 20))));
  EXPECT_TRUE(ParseAuditLine(line).ok()) << ParseAuditLine(line).status();
}

TEST_F(AuditTest, TheLongestRecordFitsALine) {
  v1::AuditRecord record;
  const std::string longest(5000, '\x01');
  for (int field = 3; field <= 12; ++field) {
    const auto* descriptor = record.GetDescriptor()->FindFieldByNumber(field);
    record.GetReflection()->SetString(&record, descriptor, longest);
  }
  EXPECT_LT(ToAuditLine(record).size(), kMaxAuditLineBytes);
}

TEST_F(AuditTest, RecordsAreCountedAndChained) {
  const auto file = Open();
  EXPECT_TRUE(Append(*file, {"a", "b"}).ok());
  EXPECT_TRUE(Append(*file, {"c"}).ok());
  const auto summary = VerifyAuditTrail(path());
  ASSERT_TRUE(summary.ok()) << summary.status();
  EXPECT_EQ(summary->records, 3);
  EXPECT_EQ(summary->last_sequence, 3);
  EXPECT_EQ(summary->last_hash, file->last_hash());
}

TEST_F(AuditTest, OnlyTheOwnerMayReadIt) {
  Open();
  EXPECT_EQ(std::filesystem::status(path()).permissions(), std::filesystem::perms(0600));
}

TEST_F(AuditTest, GoesOnAfterARestart) {
  Fill(2);
  const auto file = Open();
  EXPECT_EQ(file->last_sequence(), 2);
  EXPECT_TRUE(Append(*file, {"c"}).ok());
  EXPECT_EQ(Fault(), "");
  EXPECT_EQ(Lines().size(), 3u);
}

TEST_F(AuditTest, ATornLastLineIsCutOffWhereverItWasTorn) {
  Fill(3);
  const std::string whole = directory_.Read("audit.jsonl");
  const size_t last_line = whole.rfind('\n', whole.size() - 2) + 1;
  for (size_t size = last_line; size < whole.size(); ++size) {
    directory_.Write("audit.jsonl", whole.substr(0, size));
    const auto torn = VerifyAuditTrail(path());
    ASSERT_TRUE(torn.ok());
    EXPECT_EQ(torn->ends_within_a_line, size > last_line);
    const auto file = Open();
    EXPECT_EQ(file->cut_bytes(), static_cast<int64_t>(size - last_line));
    EXPECT_EQ(file->last_sequence(), 2);
    EXPECT_TRUE(Append(*file, {"again"}).ok());
    EXPECT_EQ(Fault(), "");
  }
}

TEST_F(AuditTest, AFileOfOneTornLineBeginsAnew) {
  directory_.Write("audit.jsonl", "{\"sequence\":1,\"ti");
  EXPECT_TRUE(Append(*Open(), {"a"}).ok());
  EXPECT_EQ(Fault(), "");
}

TEST_F(AuditTest, AFileOfSomebodyElseIsNotTouched) {
  for (const std::string text : {"{\"json\":\"in one line\"}", "one\ntwo\nthree", "x"}) {
    std::ofstream(path()) << text;
    const absl::Status status = AuditFile::Open(path()).status();
    EXPECT_TRUE(absl::IsFailedPrecondition(status)) << text << status;
    std::ifstream file(path());
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), text);
  }
}

TEST_F(AuditTest, ARotatedFileIsContinuedInANewOne) {
  const auto file = Open();
  EXPECT_TRUE(Append(*file, {"a", "b"}).ok());
  std::filesystem::rename(path(), path() + ".1");
  EXPECT_TRUE(Append(*file, {"c"}).ok());
  EXPECT_TRUE(VerifyAuditTrail(path() + ".1").ok());
  const auto summary = VerifyAuditTrail(path());
  ASSERT_TRUE(summary.ok()) << summary.status();
  EXPECT_EQ(summary->first_sequence, 3);
  EXPECT_EQ(summary->records, 1);
}

TEST_F(AuditTest, ARotatedFileIsContinuedAfterARestart) {
  Fill(2);
  std::filesystem::rename(path(), path() + ".1");
  EXPECT_TRUE(Append(*Open(), {"c"}).ok());
  const auto summary = VerifyAuditTrail(path());
  ASSERT_TRUE(summary.ok()) << summary.status();
  EXPECT_EQ(summary->first_sequence, 3);
}

TEST_F(AuditTest, AFileThatWasCopiedAndTruncatedIsContinued) {
  const auto file = Open();
  EXPECT_TRUE(Append(*file, {"a", "b"}).ok());
  EXPECT_EQ(truncate(path().c_str(), 0), 0);
  EXPECT_TRUE(Append(*file, {"c"}).ok());
  EXPECT_EQ(VerifyAuditTrail(path())->first_sequence, 3);
}

TEST_F(AuditTest, AnAlteredLastRecordIsNotContinued) {
  Fill(2);
  std::vector<std::string> lines = Lines();
  lines[1] = absl::StrReplaceAll(lines[1], {{"\"OK\"", "\"NO\""}});
  Rewrite(lines);
  EXPECT_THAT(std::string(AuditFile::Open(path()).status().message()),
              HasSubstr("its last record was altered"));
  EXPECT_EQ(Lines(), lines);
}

TEST_F(AuditTest, TwoWritersAreRefused) {
  const auto first = Open();
  EXPECT_THAT(std::string(AuditFile::Open(path()).status().message()),
              HasSubstr("another process writes"));
}

TEST_F(AuditTest, LinksAndDirectoriesAreRefused) {
  directory_.Write("other", "");
  std::filesystem::create_symlink(directory_.Path("other"), directory_.Path("link"));
  EXPECT_FALSE(AuditFile::Open(directory_.Path("link")).ok());
  EXPECT_FALSE(AuditFile::Open(directory_.Path(".")).ok());
  EXPECT_FALSE(AuditFile::Open(directory_.Path("no/such/directory")).ok());
}

TEST_F(AuditTest, AShortWriteLeavesNothingBehind) {
  const auto file = Open();
  ASSERT_TRUE(Append(*file, {"a"}).ok());
  const auto size = std::filesystem::file_size(path());
  {
    const FileSizeLimit limit(size + 100);
    EXPECT_FALSE(Append(*file, {"b"}).ok());
  }
  EXPECT_EQ(std::filesystem::file_size(path()), size);
  EXPECT_TRUE(Append(*file, {"c"}).ok());
  EXPECT_EQ(Fault(), "");
  EXPECT_EQ(file->last_sequence(), 2);
}

}  // namespace
}  // namespace sluice
