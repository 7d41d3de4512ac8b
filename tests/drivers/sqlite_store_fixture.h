// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// A store's directory and a crash image of it, and what reads it once it is damaged. Shared by the
// tests of the SQLite store; for the test's thread.

#ifndef SLUICE_TESTS_DRIVERS_SQLITE_STORE_FIXTURE_H_
#define SLUICE_TESTS_DRIVERS_SQLITE_STORE_FIXTURE_H_

#include <filesystem>
#include <memory>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "drivers/store_history.h"
#include "gtest/gtest.h"
#include "sluice/v1/deployment.pb.h"
#include "support/files.h"
#include "support/temporary_directory.h"

namespace sluice {

inline std::shared_ptr<v1::DeploymentState> LargeState() {
  auto state = std::make_shared<v1::DeploymentState>();
  state->set_id("d1");
  for (int i = 0; i < 10'000; ++i) {
    v1::TargetState& target = *state->add_targets();
    target.mutable_target()->set_id(absl::StrCat("host-", i));
    target.mutable_target()->set_address(absl::StrCat("host-", i, ".example.org:8080"));
  }
  return state;
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
    std::filesystem::copy(path_, image_);
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
      std::filesystem::remove(file_ + "-shm");
      std::filesystem::remove(file_ + "-wal");
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

}  // namespace sluice

#endif  // SLUICE_TESTS_DRIVERS_SQLITE_STORE_FIXTURE_H_
