// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Damage of the write-ahead log, which SQLite itself takes for the log's end.

#include "drivers/record_store/sqlite_log.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <random>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "drivers/store_history.h"
#include "support/files.h"
#include "support/temporary_directory.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

constexpr int kChanges = 12;
constexpr size_t kHeaderBytes = 32;
constexpr size_t kFrameHeaderBytes = 24;

std::string Flipped(std::string bytes, size_t at, unsigned bit) {
  bytes[at] = static_cast<char>(static_cast<unsigned char>(bytes[at]) ^ 1U << bit);
  return bytes;
}

// What a killed daemon left after kChanges commits, with all of them in the log.
class SqliteLogTest : public testing::Test {
 protected:
  SqliteLogTest() {
    const std::string path = parent_.Inside("data");
    { EXPECT_TRUE(Load(path).ok()); }
    auto opened = Open(path);
    EXPECT_TRUE(opened.ok() && opened->store->Load().ok());
    for (int n = 1; n <= kChanges; ++n) {
      if (n == kChanges) before_last_ = UsedLog(path).size();
      EXPECT_TRUE(opened->store->Commit(ChangeNumber(n)).ok());
    }
    file_ = ContentsOf(path + "/sluice.db");
    log_ = UsedLog(path);
    fs::create_directory(image_);
  }

  absl::StatusOr<StoreChange> LoadWithLog(const std::string& log) {
    fs::remove(file_path_ + "-shm");
    Overwrite(file_path_, file_);
    Overwrite(file_path_ + "-wal", log);
    return Load(image_);
  }

  void ExpectRefused(const std::string& log, const std::string& place) {
    const absl::Status status = LoadWithLog(log).status();
    ASSERT_TRUE(absl::IsDataLoss(status)) << status;
    for (const std::string& part : {file_path_ + "-wal", place, std::string("backup")}) {
      EXPECT_TRUE(absl::StrContains(status.message(), part)) << status;
    }
    EXPECT_EQ(ContentsOf(file_path_), file_);
    EXPECT_EQ(ContentsOf(file_path_ + "-wal"), log);
  }

  // "frame 3 at byte 8272" for a place inside of it.
  std::string FrameAt(size_t at) const {
    const size_t frame_bytes = kFrameHeaderBytes + 4096;
    const size_t number = (at - kHeaderBytes) / frame_bytes;
    return absl::StrCat("frame ", number + 1, " at byte ", kHeaderBytes + number * frame_bytes);
  }

  // The commit mark of the commit before the last one, and whose it is: without these nothing tells
  // that the last one is another commit.
  bool IsMarkBeforeLast(size_t at) const {
    const size_t header = before_last_ - 4096 - kFrameHeaderBytes;
    return at >= header + 4 && at < header + 16;
  }

  TemporaryDirectory parent_;
  const std::string image_ = parent_.Inside("image");
  const std::string file_path_ = image_ + "/sluice.db";
  std::string file_;
  std::string log_;
  size_t before_last_ = 0;
  std::mt19937 random_{20261125};
};

TEST_F(SqliteLogTest, T04AFlippedBitBeforeTheLastCommitIsRefusedAndNamed) {
  for (int round = 0; round < 200; ++round) {
    const size_t at = kHeaderBytes + random_() % (before_last_ - kHeaderBytes);
    if (IsMarkBeforeLast(at)) continue;
    SCOPED_TRACE(at);
    ExpectRefused(Flipped(log_, at, random_() % 8), FrameAt(at));
  }
}

TEST_F(SqliteLogTest, T04AFlippedBitInTheHeaderIsRefused) {
  for (size_t at = 0; at < kHeaderBytes; ++at) {
    SCOPED_TRACE(at);
    ExpectRefused(Flipped(log_, at, random_() % 8), "header at byte 0");
  }
}

TEST_F(SqliteLogTest, T04AFlippedBitInAFrameHeaderIsRefused) {
  for (size_t at = kHeaderBytes; at < kHeaderBytes + kFrameHeaderBytes; ++at) {
    SCOPED_TRACE(at);
    ExpectRefused(Flipped(log_, at, random_() % 8), FrameAt(at));
  }
}

// Without SQLite, which the tests of the store ask at fewer places.
TEST_F(SqliteLogTest, T03ATornCommitIsToldFromAWholeOneWhereverItIsCut) {
  Overwrite(file_path_, file_);
  Overwrite(file_path_ + "-wal", log_);
  for (size_t cut = log_.size(); cut >= before_last_; --cut) {
    fs::resize_file(file_path_ + "-wal", cut);
    const auto tear = CheckLog(file_path_);
    ASSERT_TRUE(tear.ok()) << cut << ": " << tear.status();
    // A frame begins with the number of its page, as big-endian: three zeros tell nothing.
    const bool is_whole = cut <= before_last_ + 3 || cut == log_.size();
    ASSERT_EQ(tear->value_or(-1), is_whole ? -1 : static_cast<int64_t>(before_last_)) << cut;
  }
}

TEST_F(SqliteLogTest, T03ATornLogIsReadUpToTheTearWhereverAFrameHeaderIsCut) {
  for (size_t frame = before_last_; frame < log_.size(); frame += kFrameHeaderBytes + 4096) {
    for (size_t cut = frame; cut <= frame + kFrameHeaderBytes; ++cut) {
      const auto contents = LoadWithLog(log_.substr(0, cut));
      ASSERT_TRUE(contents.ok()) << cut << ": " << contents.status();
      EXPECT_EQ(LastChangeIn(*contents), kChanges - 1) << cut;
      // The start has begun a new log.
      EXPECT_EQ(CheckLog(file_path_).value(), std::nullopt) << cut;
    }
  }
}

TEST_F(SqliteLogTest, T03ATornCommitIsToldFromAWholeOneWhereTheLogIsAllocated) {
  Overwrite(file_path_, file_);
  for (size_t cut = log_.size(); cut >= before_last_; cut -= 7) {
    std::string torn = log_.substr(0, cut);
    torn.resize(log_.size() + 3 * 4120 + 1000);
    Overwrite(file_path_ + "-wal", torn);
    const auto tear = CheckLog(file_path_);
    ASSERT_TRUE(tear.ok()) << cut << ": " << tear.status();
    // Before its salts are there, a frame could as well be of an earlier log.
    const bool is_told = (cut - kHeaderBytes) % (kFrameHeaderBytes + 4096) >= 16;
    if (!is_told) continue;
    ASSERT_EQ(tear->value_or(-1), static_cast<int64_t>(before_last_)) << cut;
  }
}

TEST_F(SqliteLogTest, WhatIsAllocatedAloneIsNoTear) {
  Overwrite(file_path_, file_);
  for (const size_t allocated : {0, 31, 32, 1000, 9000}) {
    Overwrite(file_path_ + "-wal", log_ + std::string(allocated, '\0'));
    EXPECT_EQ(CheckLog(file_path_).value(), std::nullopt) << allocated;
    Overwrite(file_path_ + "-wal", std::string(allocated, '\0'));
    EXPECT_EQ(CheckLog(file_path_).value(), std::nullopt) << allocated;
  }
}

// No start leaves a log whose commits are there and whose header is not.
TEST_F(SqliteLogTest, T04AHeaderOfZerosBeforeCommitsIsRefused) {
  ExpectRefused(std::string(kHeaderBytes, '\0') + log_.substr(kHeaderBytes), "header at byte 0");
}

TEST_F(SqliteLogTest, T03ATornHeaderOfTheLogIsAtItsBeginning) {
  Overwrite(file_path_, file_);
  for (size_t cut = 0; cut < kHeaderBytes; ++cut) {
    Overwrite(file_path_ + "-wal", log_.substr(0, cut));
    EXPECT_EQ(CheckLog(file_path_).value().value_or(-1), cut == 0 ? -1 : 0) << cut;
  }
}

// What a checkpoint leaves behind the frames of the log that follows is no tear, wherever SQLite
// has cut it off.
TEST_F(SqliteLogTest, WhatIsLeftOfAnEarlierLogIsNoTear) {
  Overwrite(file_path_, file_);
  const std::string older = Flipped(log_, kHeaderBytes + 8, 0).substr(kHeaderBytes);
  for (const size_t size :
       {size_t{16}, kFrameHeaderBytes, size_t{1000}, kFrameHeaderBytes + 4096}) {
    Overwrite(file_path_ + "-wal", log_ + older.substr(0, size));
    EXPECT_EQ(CheckLog(file_path_).value(), std::nullopt) << size;
  }
}

// It looks as a power cut leaves it.
TEST_F(SqliteLogTest, AFlippedBitInTheLastCommitTakesBackThatOne) {
  for (int round = 0; round < 50; ++round) {
    const size_t at = before_last_ + random_() % (log_.size() - before_last_);
    const auto contents = LoadWithLog(Flipped(log_, at, random_() % 8));
    ASSERT_TRUE(contents.ok()) << contents.status();
    EXPECT_EQ(LastChangeIn(*contents), kChanges - 1);
  }
}

// Its pages are in the file: nothing is lost.
TEST_F(SqliteLogTest, ADamagedHeaderOfALogThatIsInTheFileIsNoDamage) {
  ASSERT_TRUE(LoadWithLog(log_).ok());
  file_ = ContentsOf(file_path_);
  const auto contents = LoadWithLog(Flipped(log_, 20, 3));
  ASSERT_TRUE(contents.ok()) << contents.status();
  EXPECT_EQ(LastChangeIn(*contents), kChanges);
}

TEST_F(SqliteLogTest, AFrameOfAnEarlierLogEndsTheLog) {
  const std::string older = Flipped(log_, kHeaderBytes + 8, 0);
  const auto contents = LoadWithLog(log_ + older.substr(kHeaderBytes, kFrameHeaderBytes + 4096));
  ASSERT_TRUE(contents.ok()) << contents.status();
  EXPECT_EQ(LastChangeIn(*contents), kChanges);
}

TEST_F(SqliteLogTest, AStartBeginsANewLog) {
  const std::string data = parent_.Inside("started");
  fs::create_directory(data);
  Overwrite(data + "/sluice.db", file_);
  Overwrite(data + "/sluice.db-wal", log_);
  auto opened = Open(data);
  ASSERT_TRUE(opened.ok() && opened->store->Load().ok());
  EXPECT_EQ(UsedLog(data), "");
}

}  // namespace
}  // namespace sluice
