// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The SQLite store on a disk that keeps only what was synced, and on one that fails.

#include <gtest/gtest.h>

#include <filesystem>
#include <random>
#include <string>

#include "drivers/crash_disk.h"
#include "drivers/store_history.h"
#include "support/temporary_directory.h"

namespace sluice {
namespace {

class SqliteCrashTest : public testing::Test {
 protected:
  SqliteCrashTest() { EXPECT_TRUE(Load(path_).ok()); }

  // A power cut now leaves all that was acknowledged, and no more than the change under way.
  void ExpectSurvivesAPowerCut(const CrashDisk& disk, int acknowledged) {
    disk.WriteImage(image_, random_);
    const auto contents = Load(image_);
    ASSERT_TRUE(contents.ok()) << contents.status();
    const int last = LastChangeIn(*contents);
    EXPECT_GE(last, acknowledged);
    EXPECT_LE(last, acknowledged + 1);
  }

  TemporaryDirectory parent_;
  const std::string path_ = parent_.Inside("data");
  const std::string image_ = parent_.Inside("image");
  std::mt19937 random_{20261124};
};

// Three daemons after each other; each opens, commits and ends in an orderly way.
TEST_F(SqliteCrashTest, T02APowerCutAtAnyOperationLosesNothingAcknowledged) {
  int acknowledged = 0;
  CrashDisk disk(path_);
  disk.OnOperation([&] { ExpectSurvivesAPowerCut(disk, acknowledged); });
  for (int run = 0; run < 3; ++run) {
    auto opened = Open(path_);
    ASSERT_TRUE(opened.ok() && opened->store->Load().ok());
    for (int i = 0; i < 8; ++i) {
      ASSERT_TRUE(opened->store->Commit(ChangeNumber(acknowledged + 1)).ok());
      ++acknowledged;
    }
  }
  ExpectSurvivesAPowerCut(disk, acknowledged);
  EXPECT_GT(disk.operations(), 150);
}

// Long enough for the log to be moved into the file and begun again, twice.
TEST_F(SqliteCrashTest, T02APowerCutAroundACheckpointLosesNothingAcknowledged) {
  constexpr size_t kPadding = 60'000;
  int acknowledged = 0;
  CrashDisk disk(path_);
  disk.OnOperation([&] {
    if (random_() % 40 == 0) ExpectSurvivesAPowerCut(disk, acknowledged);
  });
  auto opened = Open(path_);
  ASSERT_TRUE(opened.ok() && opened->store->Load().ok());
  while (acknowledged < 120) {
    ASSERT_TRUE(opened->store->Commit(ChangeNumber(acknowledged + 1, kPadding)).ok());
    ++acknowledged;
  }
}

// What one power cut tore is no damage after the next one, although commits came in between.
TEST_F(SqliteCrashTest, T02OnePowerCutAfterTheOtherLosesNothingAcknowledged) {
  int acknowledged = 0;
  for (int round = 0; round < 100; ++round) {
    const int moment = 1 + static_cast<int>(random_() % 150);
    bool is_cut = false;
    {
      CrashDisk disk(path_);
      disk.OnOperation([&] {
        if (is_cut || disk.operations() < moment) return;
        disk.WriteImage(image_, random_);
        is_cut = true;
      });
      auto opened = Open(path_);
      ASSERT_TRUE(opened.ok()) << opened.status();
      const auto contents = opened->store->Load();
      ASSERT_TRUE(contents.ok()) << contents.status();
      const int last = LastChangeIn(*contents);
      EXPECT_GE(last, acknowledged);
      EXPECT_LE(last, acknowledged + 1);
      acknowledged = last;
      while (!is_cut) {
        const size_t padding = random_() % 20'000;
        ASSERT_TRUE(opened->store->Commit(ChangeNumber(acknowledged + 1, padding)).ok());
        if (!is_cut) ++acknowledged;
      }
    }
    std::filesystem::remove_all(path_);
    std::filesystem::rename(image_, path_);
  }
  EXPECT_GT(acknowledged, 100);
}

// A write, a sync or a deletion fails, whichever it is.
TEST_F(SqliteCrashTest, T06AnErrorOfTheDiskIsNeverAcknowledgedAndNothingIsTriedAgain) {
  bool was_reached = true;
  for (int fail_at = 1; was_reached; ++fail_at) {
    std::filesystem::remove_all(path_);
    ASSERT_TRUE(Load(path_).ok());
    CrashDisk disk(path_);
    disk.FailAt(fail_at);
    int acknowledged = 0;
    int operations = 0;
    bool failed = false;
    {
      auto opened = Open(path_);
      ASSERT_TRUE(opened.ok());
      failed = !opened->store->Load().ok();
      while (acknowledged < 10 && !failed) {
        failed = !opened->store->Commit(ChangeNumber(acknowledged + 1)).ok();
        if (!failed) ++acknowledged;
      }
      operations = disk.operations();
      if (failed) {
        EXPECT_FALSE(opened->store->Commit(ChangeNumber(acknowledged + 1)).ok());
      }
    }
    if (failed) {
      EXPECT_EQ(disk.operations(), operations) << "the end of the store wrote";
    }
    ExpectSurvivesAPowerCut(disk, acknowledged);
    was_reached = disk.operations() >= fail_at;
  }
}

}  // namespace
}  // namespace sluice
