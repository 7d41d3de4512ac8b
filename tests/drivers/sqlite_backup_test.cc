// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Copies of a running store, and what becomes of one that is put in the store's place.

#include "drivers/record_store/sqlite_backup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "drivers/store_history.h"
#include "support/files.h"
#include "support/temporary_directory.h"

namespace sluice {
namespace {

using testing::ElementsAre;

namespace fs = std::filesystem;

class SqliteBackupTest : public testing::Test {
 protected:
  TemporaryDirectory parent_;
  const std::string path_ = parent_.Inside("data");
  const std::string file_ = path_ + "/sluice.db";
  const std::string image_ = parent_.Inside("image");
};

TEST_F(SqliteBackupTest, ABackupIsAWholeStore) {
  auto opened = Open(path_);
  ASSERT_TRUE(opened.ok() && opened->store->Load().ok());
  for (int n = 1; n <= 30; ++n) ASSERT_TRUE(opened->store->Commit(ChangeNumber(n)).ok());
  fs::create_directory(image_);
  const absl::Status status = opened->store->Backup(image_ + "/sluice.db");
  ASSERT_TRUE(status.ok()) << status;
  ASSERT_TRUE(opened->store->Commit(ChangeNumber(31)).ok());
  EXPECT_THAT(FilesIn(image_), ElementsAre("sluice.db"));
  EXPECT_EQ(fs::status(image_ + "/sluice.db").permissions(),
            fs::perms::owner_read | fs::perms::owner_write);
  const auto contents = Load(image_);
  ASSERT_TRUE(contents.ok()) << contents.status();
  EXPECT_EQ(LastChangeIn(*contents), 30);
}

TEST_F(SqliteBackupTest, ABackupReplacesNothingAndLeavesNothingBehind) {
  auto opened = Open(path_);
  ASSERT_TRUE(opened.ok() && opened->store->Load().ok());
  fs::create_directory(image_);
  std::ofstream(image_ + "/mine") << "mine";
  EXPECT_TRUE(absl::IsAlreadyExists(opened->store->Backup(image_ + "/mine")));
  EXPECT_EQ(ContentsOf(image_ + "/mine"), "mine");
  EXPECT_THAT(FilesIn(image_), ElementsAre("mine"));
  EXPECT_TRUE(absl::IsNotFound(opened->store->Backup(image_ + "/no/backup")));
}

TEST_F(SqliteBackupTest, ANameOfTheStoresOwnFilesIsRefused) {
  auto opened = Open(path_);
  ASSERT_TRUE(opened.ok() && opened->store->Load().ok());
  for (const char* const suffix : {"-journal", "-wal2", ".new"}) {
    const absl::Status status = opened->store->Backup(file_ + suffix);
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << suffix << status;
  }
}

TEST_F(SqliteBackupTest, OneThatFailsLeavesNothingBehind) {
  auto opened = Open(path_);
  ASSERT_TRUE(opened.ok() && opened->store->Load().ok());
  ASSERT_TRUE(opened->store->Commit(ChangeNumber(1, 200'000)).ok());
  fs::create_directory(image_);
  rlimit before = {};
  getrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, SIG_IGN);
  const rlimit little = {65536, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &little);
  const absl::Status status = opened->store->Backup(image_ + "/backup");
  setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
  EXPECT_THAT(FilesIn(image_), testing::IsEmpty());
}

TEST_F(SqliteBackupTest, BackupsRunBesideCommits) {
  auto opened = Open(path_);
  ASSERT_TRUE(opened.ok() && opened->store->Load().ok());
  fs::create_directory(image_);
  std::atomic<bool> done = false;
  std::thread writer([&] {
    for (int n = 1; !done; ++n) EXPECT_TRUE(opened->store->Commit(ChangeNumber(n)).ok());
  });
  for (int i = 0; i < 10; ++i) {
    const std::string directory = absl::StrCat(image_, "/", i);
    fs::create_directory(directory);
    const absl::Status status = opened->store->Backup(directory + "/sluice.db");
    EXPECT_TRUE(status.ok()) << status;
    const auto contents = Load(directory);
    EXPECT_TRUE(contents.ok()) << contents.status();
    if (contents.ok()) LastChangeIn(*contents);
  }
  done = true;
  writer.join();
}

// After a crash the log is there, and its frames would be laid over the copy.
TEST_F(SqliteBackupTest, ACopyBesideTheLogOfTheFileBeforeItIsRefused) {
  const std::string backup = parent_.Inside("backup");
  {
    auto opened = Open(path_);
    ASSERT_TRUE(opened.ok() && opened->store->Load().ok());
    for (int n = 1; n <= 10; ++n) ASSERT_TRUE(opened->store->Commit(ChangeNumber(n)).ok());
    ASSERT_TRUE(opened->store->Backup(backup).ok());
    for (int n = 11; n <= 20; ++n) ASSERT_TRUE(opened->store->Commit(ChangeNumber(n)).ok());
    fs::copy(path_, image_);
  }
  fs::copy_file(backup, image_ + "/sluice.db", fs::copy_options::overwrite_existing);
  const std::string log = ContentsOf(image_ + "/sluice.db-wal");
  const absl::Status status = Load(image_).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), "/sluice.db-wal beside it")) << status;
  EXPECT_TRUE(ContentsOf(image_ + "/sluice.db") == ContentsOf(backup));
  EXPECT_TRUE(ContentsOf(image_ + "/sluice.db-wal") == log);
  fs::remove(image_ + "/sluice.db-wal");
  const auto contents = Load(image_);
  ASSERT_TRUE(contents.ok()) << contents.status();
  EXPECT_EQ(LastChangeIn(*contents), 10);
}

}  // namespace
}  // namespace sluice
