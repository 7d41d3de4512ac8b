// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The SQLite store on a disk that keeps only what was synced, and on one that fails.

#include <gtest/gtest.h>

#include <filesystem>
#include <random>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "drivers/crash_disk.h"
#include "drivers/first_version.h"
#include "drivers/store_history.h"
#include "support/stored.h"
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

// Either there is no file yet, or a whole one.
TEST_F(SqliteCrashTest, T10APowerCutWhileTheFileIsMadeLeavesNoHalfOne) {
  std::filesystem::remove(path_ + "/sluice.db");
  CrashDisk disk(path_);
  disk.OnOperation([&] {
    for (int i = 0; i < 3; ++i) ExpectSurvivesAPowerCut(disk, 0);
  });
  ASSERT_TRUE(Load(path_).ok());
  EXPECT_GT(disk.operations(), 5);
}

// The first version's file, and one whose last daemon was killed, so that its commits are in a log.
class MigrationCrashTest : public SqliteCrashTest, public testing::WithParamInterface<bool> {
 protected:
  static constexpr int kRecords = 12;

  MigrationCrashTest() {
    auto first = FirstVersion::Make(old_);
    for (int n = 1; n <= kRecords; ++n) first.Put("records", Id(n), n, BodyOf(n));
    first.Put("requests", "r1", 0, "");
    first.Put("services", "shop", 0, "");
    first.Put("meta", "meta", 0, "");
    std::filesystem::remove_all(path_);
    std::filesystem::create_directory(path_);
    if (GetParam()) {
      for (const char* name : {"/sluice.db", "/sluice.db-wal"}) {
        std::filesystem::copy(old_ + name, path_ + name);
      }
    }
  }
  void SetUp() override {
    // Its daemon has ended in an orderly way.
    if (!GetParam()) std::filesystem::copy(old_ + "/sluice.db", path_ + "/sluice.db");
  }

  static std::string Id(int n) { return absl::StrCat("d", n); }
  // More than a page, now and then.
  static std::string BodyOf(int n) {
    return StateOf(Id(n), n, std::string(n * 531, 'x'))->SerializeAsString();
  }

  // This program finds all records, and the older one either the same or a newer file.
  void ExpectOldOrNew(const std::string& image) {
    // Whichever comes first, so that neither depends on what the other has mended.
    if (random_() % 2 == 0) {
      const auto old = OpenWithSchema(image + "/sluice.db", FirstVersion::Schema());
      if (old.ok()) {
        EXPECT_EQ(*(*old)->Query("SELECT count(*) FROM records"), absl::StrCat(kRecords));
      } else {
        EXPECT_TRUE(absl::StrContains(old.status().message(), "newer sluiced")) << old.status();
      }
      (old.ok() ? old_files_ : new_files_)++;
    }
    const auto contents = Load(image);
    ASSERT_TRUE(contents.ok()) << contents.status();
    ASSERT_EQ(contents->records.size(), static_cast<size_t>(kRecords));
    for (const auto& [id, record] : contents->records) {
      EXPECT_EQ(record.state->SerializeAsString(), BodyOf(static_cast<int>(record.position)));
    }
    EXPECT_EQ(contents->requests.count("r1") + contents->services.count("shop"), 2u);
    EXPECT_TRUE(contents->meta.has_value());
  }

  const std::string old_ = parent_.Inside("old");
  int old_files_ = 0;
  int new_files_ = 0;
};

TEST_P(MigrationCrashTest, T10APowerCutAtAnyOperationLeavesTheOldFileOrTheNewOne) {
  CrashDisk disk(path_);
  disk.OnOperation([&] {
    disk.WriteImage(image_, random_);
    ExpectOldOrNew(image_);
  });
  const auto contents = Load(path_);
  ASSERT_TRUE(contents.ok()) << contents.status();
  EXPECT_GT(disk.operations(), 30);
  EXPECT_GT(old_files_, 10);
  EXPECT_GT(new_files_, 0);
}

INSTANTIATE_TEST_SUITE_P(, MigrationCrashTest, testing::Bool(), [](const auto& with_log) {
  return std::string(with_log.param ? "WithALog" : "Alone");
});

// The commit before it was durable and stays acknowledged; no other is taken.
TEST_F(SqliteCrashTest, T06AFailedCheckpointIsKnownBeforeTheNextCommit) {
  constexpr size_t kPadding = 60'000;
  CrashDisk disk(path_);
  auto opened = Open(path_);
  ASSERT_TRUE(opened.ok() && opened->store->Load().ok());
  disk.FailIn(path_ + "/sluice.db");
  int last = 0;
  while (opened->store->failure().ok()) {
    ASSERT_LT(last, 200) << "no checkpoint yet";
    const absl::Status status = opened->store->Commit(ChangeNumber(++last, kPadding));
    ASSERT_TRUE(status.ok()) << status;
  }
  EXPECT_EQ(opened->store->Commit(ChangeNumber(last + 1)), opened->store->failure());
  disk.WriteImage(image_, random_);
  const auto contents = Load(image_);
  ASSERT_TRUE(contents.ok()) << contents.status();
  EXPECT_EQ(LastChangeIn(*contents), last);
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
