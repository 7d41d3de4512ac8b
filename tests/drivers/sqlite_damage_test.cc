// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// What is damaged, torn or gone in the store's files is refused and named, or harmless.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <random>
#include <string>

#include "absl/strings/match.h"
#include "drivers/record_store/sqlite_database.h"
#include "drivers/sqlite_store_fixture.h"
#include "drivers/store_history.h"
#include "support/files.h"
#include "support/stored.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

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

}  // namespace
}  // namespace sluice
