// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "base/data_directory.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "support/child_process.h"
#include "support/temporary_directory.h"

namespace sluice {
namespace {

using User = DataDirectory::User;

mode_t ModeOf(const std::string& path) {
  struct stat found {};
  EXPECT_EQ(stat(path.c_str(), &found), 0) << path;
  return found.st_mode & 07777;
}

class DataDirectoryTest : public testing::Test {
 protected:
  // The error's text; "" when the directory could be had.
  std::string ErrorOf(const std::string& path) {
    return std::string(DataDirectory::Open(path).status().message());
  }

  TemporaryDirectory parent_;
  const std::string path_ = parent_.Inside("data");
};

TEST_F(DataDirectoryTest, IsMadeAndClosedToOthers) {
  const auto directory = DataDirectory::Open(path_);
  ASSERT_TRUE(directory.ok()) << directory.status();
  EXPECT_EQ((*directory)->path(), path_);
  EXPECT_EQ(ModeOf(path_), 0700u);
  EXPECT_EQ(ModeOf(path_ + "/sluiced.lock"), 0600u);
}

TEST_F(DataDirectoryTest, AnOpenOneIsClosedToOthers) {
  ASSERT_EQ(mkdir(path_.c_str(), 0755), 0);
  EXPECT_EQ(ErrorOf(path_), "");
  EXPECT_EQ(ModeOf(path_), 0700u);
}

TEST_F(DataDirectoryTest, AnOpenOneThatOthersMayNeedIsRefused) {
  ASSERT_EQ(mkdir(path_.c_str(), 0755), 0);
  std::ofstream(path_ + "/other") << "theirs";
  EXPECT_NE(ErrorOf(path_).find("chmod 0700"), std::string::npos);
  EXPECT_FALSE(DataDirectory::Check(path_, User::kCaller).ok());
  EXPECT_EQ(ModeOf(path_), 0755u);
  ASSERT_EQ(chmod(path_.c_str(), 0700), 0);
  EXPECT_EQ(ErrorOf(path_), "");
}

TEST_F(DataDirectoryTest, T08TheSecondIsToldWhoHasIt) {
  ChildProcess holder([&](const ChildProcess::Report& report) {
    const auto directory = DataDirectory::Open(path_);
    report(directory.ok() ? "locked" : "failed");
    while (true) pause();
  });
  ASSERT_EQ(holder.NextLine(), "locked");
  const absl::Status status = DataDirectory::Open(path_).status();
  EXPECT_TRUE(absl::IsAlreadyExists(status)) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), absl::StrCat("process ", holder.pid(), ";")))
      << status;
  holder.Kill();
  EXPECT_EQ(ErrorOf(path_), "");
}

TEST_F(DataDirectoryTest, IsFreeAfterItsEnd) {
  EXPECT_EQ(ErrorOf(path_), "");
  const auto directory = DataDirectory::Open(path_);
  ASSERT_TRUE(directory.ok());
  EXPECT_TRUE(absl::StrContains(ErrorOf(path_), absl::StrCat("process ", getpid())));
}

TEST_F(DataDirectoryTest, T07WhatIsNotFitIsRefusedWithTheReason) {
  const std::string file = parent_.Inside("file");
  std::ofstream(file) << "x";
  EXPECT_TRUE(absl::StrContains(ErrorOf(file), "is not a directory"));

  ASSERT_EQ(mkdir(path_.c_str(), 0700), 0);
  const std::string link = parent_.Inside("link");
  ASSERT_EQ(symlink(path_.c_str(), link.c_str()), 0);
  EXPECT_TRUE(absl::StrContains(ErrorOf(link), "symbolic link; name the directory itself"));

  EXPECT_TRUE(absl::StrContains(ErrorOf(parent_.Inside("no/data")), "create " + parent_.path()));
}

TEST_F(DataDirectoryTest, T07SomebodyElsesIsRefused) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give a directory away";
  ASSERT_EQ(mkdir(path_.c_str(), 0700), 0);
  ASSERT_EQ(chown(path_.c_str(), 12345, 12345), 0);
  EXPECT_TRUE(absl::StrContains(ErrorOf(path_), "belongs to user 12345"));
  EXPECT_TRUE(absl::IsPermissionDenied(DataDirectory::Check(path_, User::kCaller)));
  EXPECT_TRUE(DataDirectory::Check(path_, User::kAnybody).ok());
}

TEST_F(DataDirectoryTest, ACheckMakesAndChangesNothing) {
  for (const User user : {User::kCaller, User::kAnybody}) {
    EXPECT_TRUE(DataDirectory::Check(path_, user).ok());
    EXPECT_NE(access(path_.c_str(), F_OK), 0);
  }
  ASSERT_EQ(mkdir(path_.c_str(), 0755), 0);
  EXPECT_TRUE(DataDirectory::Check(path_, User::kCaller).ok());
  EXPECT_EQ(ModeOf(path_), 0755u);
  EXPECT_NE(access((path_ + "/sluiced.lock").c_str(), F_OK), 0);
  const auto holder = DataDirectory::Open(path_);
  EXPECT_TRUE(DataDirectory::Check(path_, User::kCaller).ok()) << "another daemon has it";
}

// Of what Open refuses without looking at who has it, Check says the same.
TEST_F(DataDirectoryTest, ACheckRefusesWhatTheStartRefuses) {
  std::ofstream(parent_.Inside("file")) << "x";
  ASSERT_EQ(symlink("/", parent_.Inside("link").c_str()), 0);
  for (const char* name : {"file", "link", "file/data", "none/data"}) {
    const absl::Status refused = DataDirectory::Open(parent_.Inside(name)).status();
    EXPECT_FALSE(refused.ok());
    for (const User user : {User::kCaller, User::kAnybody}) {
      const absl::Status checked = DataDirectory::Check(parent_.Inside(name), user);
      EXPECT_EQ(checked.code(), refused.code()) << name << ": " << checked << " " << refused;
    }
  }
}

}  // namespace
}  // namespace sluice
