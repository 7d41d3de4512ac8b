// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "auth/audit_file.h"
#include "auth/audit_trail.h"
#include "auth/scratch.h"
#include "base/audit/audit_line.h"
#include "base/audit/audit_reader.h"
#include "base/crypto/sha256.h"
#include "base/crypto/token.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

v1::AuditRecord Record(const std::string& service) {
  v1::AuditRecord record = MakeAuditRecord({TokenIdentity{"ci", "hash"}, "127.0.0.1:9"},
                                           "/sluice.v1.DeploymentService/Deploy");
  record.set_service(service);
  SetOutcome(absl::OkStatus(), record);
  return record;
}

class AuditTest : public ::testing::Test {
 protected:
  std::string path() const { return directory_.Path("audit.jsonl"); }

  std::unique_ptr<AuditFile> Open() const {
    auto file = AuditFile::Open(path());
    EXPECT_TRUE(file.ok()) << file.status();
    return *std::move(file);
  }
  static absl::Status Append(AuditFile& file, const std::vector<std::string>& services) {
    std::vector<v1::AuditRecord> records;
    for (const std::string& service : services) records.push_back(Record(service));
    return file.Append(records);
  }
  void Fill(int records) const {
    const auto file = Open();
    for (int i = 1; i <= records; ++i) {
      EXPECT_TRUE(Append(*file, {absl::StrCat("s", i)}).ok());
    }
  }
  std::vector<std::string> Lines() const {
    std::vector<std::string> lines = absl::StrSplit(directory_.Read("audit.jsonl"), '\n');
    EXPECT_EQ(lines.back(), "");
    lines.pop_back();
    return lines;
  }
  void Rewrite(const std::vector<std::string>& lines) const {
    directory_.Write("audit.jsonl", absl::StrCat(absl::StrJoin(lines, "\n"), "\n"));
  }
  std::string Fault() const {
    const auto summary = VerifyAuditTrail(path());
    if (summary.ok()) return "";
    EXPECT_EQ(summary.status().code(), absl::StatusCode::kDataLoss);
    return absl::StrReplaceAll(summary.status().message(), {{path(), "FILE"}});
  }

  ScratchDirectory directory_;
  SetClock clock_;
};

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
      R"("request_id":"","reason":"say \"hi\"\u000a","outcome":"OK","message":"",)"
      R"("previous_hash":")",
      FirstPreviousHash(), "\"");
  EXPECT_EQ(line, absl::StrCat(content, ",\"hash\":\"", Sha256Hex(content), "\"}"));
  const auto parsed = ParseAuditLine(line);
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->reason(), "say \"hi\"\n");
  EXPECT_EQ(parsed->hash(), record.hash());
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

// A limit on the size of files gives a real short write, as a full disk does.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() { setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_ = {};
};

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

class AuditTrailTest : public AuditTest {
 protected:
  std::unique_ptr<AuditTrail> OpenTrail() {
    auto trail = AuditTrail::Open(path(), clock_);
    EXPECT_TRUE(trail.ok()) << trail.status();
    return *std::move(trail);
  }
};

TEST_F(AuditTrailTest, RecordsSayWhoAndWhenAndWhatCameOfIt) {
  const auto trail = OpenTrail();
  v1::AuditRecord record = Record("web");
  SetOutcome(absl::PermissionDeniedError("no grant"), record);
  EXPECT_TRUE(trail->Append(record).ok());
  trail->Flush();
  const auto written = ParseAuditLine(Lines().at(0));
  ASSERT_TRUE(written.ok());
  EXPECT_EQ(written->time().seconds(), 1'800'000'000);
  EXPECT_EQ(written->principal(), "ci");
  EXPECT_EQ(written->how(), "token");
  EXPECT_EQ(written->peer(), "127.0.0.1:9");
  EXPECT_EQ(written->method(), "Deploy");
  EXPECT_EQ(written->outcome(), "PERMISSION_DENIED");
  EXPECT_EQ(written->message(), "no grant");
}

TEST_F(AuditTrailTest, TellsWhenARecordIsOnTheDisk) {
  const auto trail = OpenTrail();
  absl::Status told = absl::UnknownError("not told");
  size_t lines = 0;
  EXPECT_TRUE(trail
                  ->Append(Record("web"),
                           [&](const absl::Status& status) {
                             told = status;
                             lines = Lines().size();
                           })
                  .ok());
  trail->Flush();
  EXPECT_TRUE(told.ok()) << told;
  EXPECT_EQ(lines, 1u);
}

TEST_F(AuditTrailTest, WritersOnManyThreadsGetOneChain) {
  const auto trail = OpenTrail();
  {
    std::vector<Thread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.push_back(*Thread::Start("writer", [&trail] {
        for (int j = 0; j < 100; ++j) EXPECT_TRUE(trail->Append(Record("web")).ok());
      }));
    }
  }
  trail->Flush();
  const auto summary = VerifyAuditTrail(path());
  ASSERT_TRUE(summary.ok()) << summary.status();
  EXPECT_EQ(summary->records, 800);
}

TEST_F(AuditTrailTest, TheEndWritesWhatIsLeft) {
  {
    const auto trail = OpenTrail();
    for (int i = 0; i < 50; ++i) EXPECT_TRUE(trail->Append(Record("web")).ok());
  }
  EXPECT_EQ(VerifyAuditTrail(path())->records, 50);
}

TEST_F(AuditTrailTest, AFullDiskShowsInTheStatusUntilItIsOver) {
  const auto trail = OpenTrail();
  absl::Status told;
  {
    const FileSizeLimit limit(10);
    EXPECT_TRUE(
        trail->Append(Record("web"), [&](const absl::Status& status) { told = status; }).ok());
    trail->Flush();
  }
  EXPECT_FALSE(told.ok());
  EXPECT_FALSE(trail->status().ok());
  EXPECT_TRUE(trail->Append(Record("web")).ok());
  trail->Flush();
  EXPECT_TRUE(trail->status().ok()) << trail->status();
  EXPECT_EQ(VerifyAuditTrail(path())->records, 1);
}

TEST_F(AuditTrailTest, TooManyWaitingRecordsAreRefusedAtOnce) {
  const auto trail = OpenTrail();
  Mutex mutex;
  CondVar released;
  bool is_released = false;
  // Holds the trail's thread.
  EXPECT_TRUE(trail
                  ->Append(Record("web"),
                           [&](const absl::Status&) {
                             MutexLock lock(mutex);
                             while (!is_released) released.Wait(mutex);
                           })
                  .ok());
  size_t taken = 0;
  absl::Status status;
  while (status.ok() && taken < 3 * AuditTrail::kMaxWaiting) {
    status = trail->Append(Record("web"));
    if (status.ok()) ++taken;
  }
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_GE(taken, AuditTrail::kMaxWaiting);
  {
    MutexLock lock(mutex);
    is_released = true;
    released.NotifyAll();
  }
  trail->Flush();
  EXPECT_TRUE(trail->Append(Record("web")).ok());
}

}  // namespace
}  // namespace sluice
