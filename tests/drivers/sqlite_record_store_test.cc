// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// What a file must withstand: a kill at any moment, a full disk, damage, torn logs.

#include "drivers/record_store/sqlite_record_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "drivers/first_version.h"
#include "drivers/store_history.h"
#include "support/child_process.h"
#include "support/files.h"
#include "support/stored.h"
#include "support/temporary_directory.h"

namespace sluice {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

namespace fs = std::filesystem;

void Overwrite(const std::string& path, const std::string& contents) {
  std::ofstream(path, std::ios::binary) << contents;
}

class SqliteRecordStoreTest : public testing::Test {
 protected:
  // Commits changes first..last and leaves the files as a crash would: in `image_`.
  void MakeCrashImage(int first, int last) {
    auto opened = Open(path_);
    ASSERT_TRUE(opened.ok()) << opened.status();
    ASSERT_TRUE(opened->store->Load().ok());
    for (int n = first; n <= last; ++n) {
      ASSERT_TRUE(opened->store->Commit(ChangeNumber(n)).ok());
    }
    fs::copy(path_, image_);
  }

  // True when all of 30 changes are there, and go on after a restart if asked for; false when it is
  // refused.
  bool ExpectReadOrRefused(bool goes_on) {
    {
      auto opened = Open(path_);
      const absl::StatusOr<StoreChange> contents =
          opened.ok() ? opened->store->Load() : opened.status();
      if (!contents.ok()) {
        const absl::Status& status = contents.status();
        EXPECT_TRUE(absl::IsDataLoss(status) || absl::IsFailedPrecondition(status)) << status;
        EXPECT_TRUE(absl::StrContains(status.message(), "backup")) << status;
        return false;
      }
      EXPECT_EQ(LastChangeIn(*contents), 30);
      if (!goes_on) return true;
      EXPECT_TRUE(opened->store->Commit(ChangeNumber(31)).ok());
    }
    const auto again = Load(path_);
    EXPECT_TRUE(again.ok()) << again.status();
    EXPECT_TRUE(again.ok() && LastChangeIn(*again) == 31);
    return true;
  }

  void FlipEachBitOfTheHeader(const std::string& sound, const std::string& log) {
    // A log takes its time: three of each byte's bits, then.
    for (size_t bit = 0; bit < 100 * 8; bit += log.empty() ? 1 : 3) {
      SCOPED_TRACE(absl::StrCat("bit ", bit % 8, " of byte ", bit / 8));
      std::string bytes = sound;
      bytes[bit / 8] ^= static_cast<char>(1 << bit % 8);
      fs::remove(file_ + "-shm");
      fs::remove(file_ + "-wal");
      Overwrite(file_, bytes);
      if (!log.empty()) Overwrite(file_ + "-wal", log);
      // One bit of each byte, for the time that it takes.
      if (ExpectReadOrRefused(bit % 8 == bit / 8 % 8)) continue;
      EXPECT_TRUE(ContentsOf(file_) == bytes);
      EXPECT_TRUE(log.empty() || ContentsOf(file_ + "-wal") == log);
    }
  }

  TemporaryDirectory parent_;
  const std::string path_ = parent_.Inside("data");
  const std::string file_ = path_ + "/sluice.db";
  const std::string image_ = parent_.Inside("image");
};

TEST_F(SqliteRecordStoreTest, ItsFilesAreItsOwnersAlone) {
  auto opened = Open(path_);
  ASSERT_TRUE(opened.ok()) << opened.status();
  ASSERT_TRUE(opened->store->Commit(ChangeNumber(1)).ok());
  for (const char* name : {"sluice.db", "sluice.db-wal", "sluice.db-shm"}) {
    struct stat found {};
    EXPECT_EQ(stat((path_ + "/" + name).c_str(), &found), 0) << name;
    EXPECT_EQ(found.st_mode & 0777, 0600u) << name;
  }
}

TEST_F(SqliteRecordStoreTest, AnOrderlyEndLeavesOneFile) {
  ASSERT_TRUE(Load(path_).ok());
  EXPECT_THAT(FilesIn(path_), UnorderedElementsAre("sluice.db", "sluiced.lock"));
}

TEST_F(SqliteRecordStoreTest, T01KillAtAnyMomentLosesNothingAcknowledged) {
  constexpr int kRounds = 40;
  std::mt19937 random(20261124);
  int last = 0;
  for (int round = 0; round < kRounds; ++round) {
    ChildProcess child([&](const ChildProcess::Report& report) {
      const auto opened = Open(path_);
      if (!opened.ok() || !opened->store->Load().ok()) return;
      for (int n = last + 1; opened->store->Commit(ChangeNumber(n)).ok(); ++n) {
        report(absl::StrCat(n));
      }
    });
    int acknowledged = last;
    const int wanted = static_cast<int>(random() % 60);
    for (int i = 0; i < wanted; ++i) {
      ASSERT_TRUE(absl::SimpleAtoi(child.NextLine(), &acknowledged)) << "the child gave up";
    }
    child.Kill();
    for (std::string line = child.NextLine(); !line.empty(); line = child.NextLine()) {
      ASSERT_TRUE(absl::SimpleAtoi(line, &acknowledged));
    }
    const auto contents = Load(path_);
    ASSERT_TRUE(contents.ok()) << contents.status();
    last = LastChangeIn(*contents);
    // One commit may have been made that nobody heard of.
    EXPECT_GE(last, acknowledged);
    EXPECT_LE(last, acknowledged + 1);
  }
  EXPECT_GT(last, 0);
}

TEST_F(SqliteRecordStoreTest, T03ATornLogIsReadUpToTheTear) {
  MakeCrashImage(1, 12);
  const std::string log = UsedLog(image_);
  const std::string file = ContentsOf(image_ + "/sluice.db");
  ASSERT_GT(log.size(), 12 * 4096u);
  int before = 0;
  for (const size_t allocated : {size_t{0}, log.size() + 1000}) {
    before = 0;
    for (size_t cut = 0; cut < log.size() + 509; cut += 509) {
      std::string torn = log.substr(0, cut);
      torn.resize(std::max(torn.size(), allocated));
      fs::remove(image_ + "/sluice.db-shm");
      Overwrite(image_ + "/sluice.db", file);
      Overwrite(image_ + "/sluice.db-wal", torn);
      const auto contents = Load(image_);
      ASSERT_TRUE(contents.ok()) << cut << ": " << contents.status();
      const int last = LastChangeIn(*contents);
      EXPECT_GE(last, before) << cut;
      before = last;
    }
    EXPECT_EQ(before, 12);
  }
}

TEST_F(SqliteRecordStoreTest, T04AChangedRecordIsRefusedAndNamed) {
  {
    auto opened = Open(path_);
    ASSERT_TRUE(opened.ok() && opened->store->Load().ok());
    StoreChange change;
    change.records["d1"] = {1, StateOf("d1", 1, "attack at dawn")};
    ASSERT_TRUE(opened->store->Commit(change).ok());
  }
  std::string bytes = ContentsOf(file_);
  const size_t at = bytes.find("attack at dawn");
  ASSERT_NE(at, std::string::npos);
  bytes[at + 10] = 't';
  Overwrite(file_, bytes);
  const absl::Status status = Load(path_).status();
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  for (const std::string& part :
       {file_, std::string("d1 in table records"), std::string("backup")}) {
    EXPECT_TRUE(absl::StrContains(status.message(), part)) << status;
  }
  EXPECT_EQ(ContentsOf(file_), bytes);
}

TEST_F(SqliteRecordStoreTest, T04NoChangedByteGivesAnotherHistory) {
  MakeCrashImage(1, 30);
  { ASSERT_TRUE(Load(path_).ok()); }
  const std::string sound = ContentsOf(file_);
  std::mt19937 random(7);
  int refused = 0;
  for (int round = 0; round < 300; ++round) {
    std::string bytes = sound;
    bytes[random() % bytes.size()] ^= static_cast<char>(1 << random() % 8);
    Overwrite(file_, bytes);
    const auto contents = Load(path_);
    if (contents.ok()) {
      EXPECT_EQ(LastChangeIn(*contents), 30);
    } else {
      ++refused;
      EXPECT_FALSE(contents.status().message().empty());
    }
    fs::remove(file_ + "-wal");
    fs::remove(file_ + "-shm");
  }
  EXPECT_GT(refused, 0);
}

TEST_F(SqliteRecordStoreTest, T04AnyFlippedBitOfTheHeaderIsRefusedOrHarmless) {
  MakeCrashImage(1, 30);
  FlipEachBitOfTheHeader(ContentsOf(file_), "");
}

TEST_F(SqliteRecordStoreTest, T04AnyFlippedBitOfTheHeaderBesideALogIsRefusedOrHarmless) {
  MakeCrashImage(1, 30);
  FlipEachBitOfTheHeader(ContentsOf(image_ + "/sluice.db"), UsedLog(image_));
}

// Reports every acknowledged change, then the error's code, then the code of one more try.
void CommitUntilTheFileMayNotGrow(const std::string& path, const ChildProcess::Report& report) {
  std::signal(SIGXFSZ, SIG_IGN);
  const auto opened = Open(path);
  if (!opened.ok() || !opened->store->Load().ok()) return;
  const rlimit limit{300'000, 300'000};
  setrlimit(RLIMIT_FSIZE, &limit);
  absl::Status status;
  for (int n = 1; status.ok(); ++n) {
    status = opened->store->Commit(ChangeNumber(n));
    if (status.ok()) report(absl::StrCat(n));
  }
  report(status.ToString());
  report(absl::StatusCodeToString(opened->store->Commit(PutMeta(1)).code()));
  report(opened->store->Load().ok() ? "readable" : "unreadable");
}

TEST_F(SqliteRecordStoreTest, T05AFullDiskIsAnErrorAndLosesNothing) {
  ChildProcess child(
      [&](const ChildProcess::Report& report) { CommitUntilTheFileMayNotGrow(path_, report); });
  int acknowledged = 0;
  std::string line = child.NextLine();
  for (int number; absl::SimpleAtoi(line, &number); line = child.NextLine()) acknowledged = number;
  EXPECT_TRUE(absl::StrContains(line, "RESOURCE_EXHAUSTED")) << line;
  EXPECT_TRUE(absl::StrContains(line, file_ + ": disk I/O error (File too large)")) << line;
  EXPECT_EQ(child.NextLine(), "RESOURCE_EXHAUSTED");
  EXPECT_EQ(child.NextLine(), "readable");
  child.Kill();
  EXPECT_GT(acknowledged, 10);
  const auto contents = Load(path_);
  ASSERT_TRUE(contents.ok()) << contents.status();
  EXPECT_EQ(LastChangeIn(*contents), acknowledged);
}

std::shared_ptr<v1::DeploymentState> LargeState() {
  auto state = std::make_shared<v1::DeploymentState>();
  state->set_id("d1");
  for (int i = 0; i < 10'000; ++i) {
    v1::TargetState& target = *state->add_targets();
    target.mutable_target()->set_id(absl::StrCat("host-", i));
    target.mutable_target()->set_address(absl::StrCat("host-", i, ".example.org:8080"));
  }
  return state;
}

TEST_F(SqliteRecordStoreTest, AChangeOfOneTargetWritesLittle) {
  auto opened = Open(path_);
  ASSERT_TRUE(opened.ok() && opened->store->Load().ok());
  auto state = LargeState();
  StoreChange change;
  change.records["d1"] = {1, state};
  ASSERT_TRUE(opened->store->Commit(change).ok());
  const size_t before = UsedLog(path_).size();
  for (int i = 0; i < 20; ++i) {
    state = std::make_shared<v1::DeploymentState>(*state);
    state->mutable_targets(i * 400)->set_phase(v1::TARGET_PHASE_SUCCEEDED);
    change.records["d1"] = {1, state};
    ASSERT_TRUE(opened->store->Commit(change).ok());
  }
  EXPECT_LT(UsedLog(path_).size() - before, 20 * 5 * 4200u);
}

TEST_F(SqliteRecordStoreTest, APartThatIsGoneIsNoticed) {
  {
    auto opened = Open(path_);
    ASSERT_TRUE(opened.ok() && opened->store->Load().ok());
    StoreChange change;
    change.records["d1"] = {1, LargeState()};
    ASSERT_TRUE(opened->store->Commit(change).ok());
  }
  for (const std::string& which : {std::string("min"), std::string("max")}) {
    const std::string copy = parent_.Inside(which);
    fs::copy(path_, copy);
    {
      const auto database = SqliteDatabase::Open(copy + "/sluice.db", SQLITE_OPEN_READWRITE);
      ASSERT_TRUE(database.ok());
      const auto status = (*database)->Execute("DELETE FROM record_parts WHERE number = (SELECT " +
                                               which + "(number) FROM record_parts)");
      ASSERT_TRUE(status.ok()) << status;
    }
    const absl::Status status = Load(copy).status();
    EXPECT_TRUE(absl::IsDataLoss(status)) << which << status;
    EXPECT_TRUE(absl::StrContains(status.message(), "d1")) << status;
  }
}

TEST_F(SqliteRecordStoreTest, T10AFileOfTheFirstVersionIsMigratedAndGoneOnWith) {
  auto state = LargeState();
  {
    auto first = FirstVersion::Make(path_);
    first.Put("records", "d1", 5, state->SerializeAsString());
    first.Put("replaced_states", "d1", 3, state->SerializeAsString());
    first.Put("requests", "r1", 0, "");
    first.Put("services", "shop", 0, "");
    first.Put("meta", "meta", 0, "");
  }
  auto opened = Open(path_);
  ASSERT_TRUE(opened.ok()) << opened.status();
  auto contents = opened->store->Load();
  ASSERT_TRUE(contents.ok()) << contents.status();
  EXPECT_EQ(contents->records.at("d1").position, 5);
  EXPECT_EQ(contents->records.at("d1").state->DebugString(), state->DebugString());
  EXPECT_EQ(contents->replaced_states.count(3), 1u);
  EXPECT_EQ(contents->requests.count("r1"), 1u);
  EXPECT_EQ(contents->services.count("shop"), 1u);
  EXPECT_TRUE(contents->meta.has_value());
  state->mutable_targets(7)->set_error("no");
  StoreChange change;
  change.records["d1"] = {5, state};
  ASSERT_TRUE(opened->store->Commit(change).ok());
  contents = opened->store->Load();
  ASSERT_TRUE(contents.ok()) << contents.status();
  EXPECT_EQ(contents->records.at("d1").state->DebugString(), state->DebugString());
}

// To overwrite what a file has is one write for the disk, to make it longer is several.
TEST_F(SqliteRecordStoreTest, CommitsDoNotMakeItsLogLonger) {
  auto opened = Open(path_);
  ASSERT_TRUE(opened.ok() && opened->store->Load().ok());
  const auto allocated = fs::file_size(file_ + "-wal");
  for (int n = 1; n <= 800; ++n) ASSERT_TRUE(opened->store->Commit(ChangeNumber(n)).ok());
  EXPECT_EQ(fs::file_size(file_ + "-wal"), allocated);
}

TEST_F(SqliteRecordStoreTest, WithoutRoomForALongLogItBeginsWithAShortOne) {
  ChildProcess child([&](const ChildProcess::Report& report) {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{1'000'000, 1'000'000};
    setrlimit(RLIMIT_FSIZE, &limit);
    const auto opened = Open(path_);
    const bool is_loaded = opened.ok() && opened->store->Load().ok();
    report(absl::StrCat(is_loaded ? "loaded " : "failed ", fs::file_size(file_ + "-wal")));
    report(opened->store->Commit(ChangeNumber(1)).ToString());
  });
  EXPECT_EQ(child.NextLine(), "loaded 0");
  EXPECT_EQ(child.NextLine(), "OK");
}

TEST_F(SqliteRecordStoreTest, ItsLogStaysShort) {
  auto opened = Open(path_);
  ASSERT_TRUE(opened.ok() && opened->store->Load().ok());
  for (int i = 0; i < 150; ++i) {
    StoreChange change;
    change.records["d1"] = {
        1, StateOf("d1", 1, std::string(200'000, static_cast<char>('a' + i % 26)))};
    ASSERT_TRUE(opened->store->Commit(change).ok());
  }
  EXPECT_LT(fs::file_size(file_ + "-wal"), 6'000'000u);
}

TEST_F(SqliteRecordStoreTest, NothingIsAcknowledgedOnceItsFileIsGone) {
  auto opened = Open(path_);
  ASSERT_TRUE(opened.ok() && opened->store->Load().ok());
  ASSERT_TRUE(opened->store->Commit(ChangeNumber(1)).ok());
  fs::rename(file_, file_ + ".moved");
  const absl::Status status = opened->store->Commit(ChangeNumber(2));
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  fs::rename(file_ + ".moved", file_);
  EXPECT_FALSE(opened->store->Commit(ChangeNumber(2)).ok()) << "not before it is opened anew";
}

TEST_F(SqliteRecordStoreTest, TwoRecordsInOnePlaceAreRefused) {
  auto opened = Open(path_);
  ASSERT_TRUE(opened.ok() && opened->store->Load().ok());
  ASSERT_TRUE(opened->store->Commit(PutRecord("d1", 7, 1)).ok());
  const absl::Status status = opened->store->Commit(PutRecord("d2", 7, 2));
  EXPECT_TRUE(absl::IsInternal(status)) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), "the place 7 of d2 in table records")) << status;
  opened->store = nullptr;
  opened->directory = nullptr;
  const auto contents = Load(path_);
  ASSERT_TRUE(contents.ok()) << contents.status();
  EXPECT_THAT(Lines(*contents), ElementsAre("record d1 #7 r1"));
}

}  // namespace
}  // namespace sluice
