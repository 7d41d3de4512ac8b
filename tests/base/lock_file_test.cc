// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "base/lock_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <optional>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "support/temporary_directory.h"

namespace sluice {
namespace {

class LockFileTest : public testing::Test {
 protected:
  TemporaryDirectory directory_;
  const std::string path_ = directory_.Inside("lock");
};

TEST_F(LockFileTest, TheSecondIsToldTheProcessOfTheFirst) {
  const auto first = LockFile::Acquire(path_);
  ASSERT_TRUE(first.ok()) << first.status();
  const absl::Status second = LockFile::Acquire(path_).status();
  EXPECT_EQ(second, absl::AlreadyExistsError(absl::StrCat("process ", getpid())));
}

TEST_F(LockFileTest, IsFreeAfterItsEndAndItsFileStays) {
  std::optional<LockFile> first = *LockFile::Acquire(path_);
  first.reset();
  struct stat found {};
  EXPECT_EQ(stat(path_.c_str(), &found), 0);
  EXPECT_TRUE(LockFile::Acquire(path_).ok());
}

// Takes the lock, leaves it to a child for so long, and ends.
void HoldByAChild(const std::string& path, useconds_t microseconds) {
  const pid_t holder = fork();
  if (holder == 0) {
    const auto lock = LockFile::Acquire(path);
    if (fork() == 0) usleep(microseconds);
    _exit(lock.ok() ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(holder, &status, 0), holder);
  ASSERT_EQ(status, 0);
}

TEST_F(LockFileTest, WaitsForTheChildOfAProcessThatIsNoMore) {
  HoldByAChild(path_, 100'000);
  const auto lock = LockFile::Acquire(path_);
  EXPECT_TRUE(lock.ok()) << lock.status();
}

TEST_F(LockFileTest, WaitsForSuchAChildNoLongerThanItMay) {
  HoldByAChild(path_, 700'000);
  EXPECT_TRUE(absl::IsAlreadyExists(LockFile::Acquire(path_).status()));
}

TEST_F(LockFileTest, MovesWithItsObject) {
  LockFile first = *LockFile::Acquire(path_);
  const LockFile moved = std::move(first);
  EXPECT_TRUE(absl::IsAlreadyExists(LockFile::Acquire(path_).status()));
}

TEST_F(LockFileTest, FollowsNoLink) {
  ASSERT_EQ(symlink(directory_.Inside("elsewhere").c_str(), path_.c_str()), 0);
  const absl::Status status = LockFile::Acquire(path_).status();
  EXPECT_TRUE(absl::StrContains(status.message(), path_)) << status;
}

}  // namespace
}  // namespace sluice
