// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// What the store's file must withstand: a kill at any moment, a full disk, a file of the first
// version; and how little is written to it.

#include "drivers/record_store/sqlite_record_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <memory>
#include <random>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "drivers/first_version.h"
#include "drivers/sqlite_store_fixture.h"
#include "drivers/store_history.h"
#include "support/child_process.h"
#include "support/files.h"
#include "support/stored.h"

namespace sluice {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

namespace fs = std::filesystem;

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
