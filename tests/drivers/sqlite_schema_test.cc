// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Which files are made, migrated and refused.

#include "drivers/record_store/sqlite_schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "base/data_directory.h"
#include "drivers/record_store/sqlite_record_store.h"
#include "support/child_process.h"
#include "support/temporary_directory.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

constexpr char kMakeNames[] = "CREATE TABLE names (name TEXT NOT NULL) STRICT";
constexpr char kAddAges[] = "ALTER TABLE names ADD COLUMN age INTEGER NOT NULL DEFAULT 7";
constexpr char kAddTowns[] = "CREATE TABLE towns (town TEXT NOT NULL) STRICT";

const SqliteSchema kFirst{.application_id = 17, .steps = {kMakeNames}};
const SqliteSchema kThird{.application_id = 17, .steps = {kMakeNames, kAddAges, kAddTowns}};

class SqliteSchemaTest : public testing::Test {
 protected:
  // Runs `sql` in a database of that schema.
  void Do(const SqliteSchema& schema, const std::string& sql) {
    const auto database = OpenWithSchema(path_, schema);
    ASSERT_TRUE(database.ok()) << database.status();
    const absl::Status status = (*database)->Execute(sql);
    EXPECT_TRUE(status.ok()) << status;
  }
  std::string Ask(const SqliteSchema& schema, const std::string& sql) {
    const auto database = OpenWithSchema(path_, schema);
    if (!database.ok()) return std::string(database.status().message());
    const auto answer = (*database)->Query(sql);
    return answer.ok() ? *answer : std::string(answer.status().message());
  }
  std::string Bytes() const {
    std::ifstream file(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  // Opening fails, says `why`, and neither writes the file nor anything beside it.
  void ExpectRefused(const SqliteSchema& schema, const std::string& why) {
    const std::string before = Bytes();
    const auto time = fs::last_write_time(path_);
    const absl::Status status = OpenWithSchema(path_, schema).status();
    EXPECT_TRUE(absl::StrContains(status.message(), why)) << status;
    EXPECT_EQ(Bytes(), before);
    EXPECT_EQ(fs::last_write_time(path_), time);
    EXPECT_EQ(std::distance(fs::directory_iterator(parent_.path()), fs::directory_iterator()), 1);
  }

  TemporaryDirectory parent_;
  const std::string path_ = parent_.Inside("test.db");
};

TEST_F(SqliteSchemaTest, AMissingFileIsMadeWithTheNewestVersion) {
  EXPECT_EQ(Ask(kThird, "PRAGMA user_version"), "3");
  EXPECT_EQ(Ask(kThird, "SELECT count(*) FROM towns"), "0");
}

TEST_F(SqliteSchemaTest, EveryCommitIsSyncedIntoALog) {
  EXPECT_EQ(Ask(kThird, "PRAGMA journal_mode"), "wal");
  EXPECT_EQ(Ask(kThird, "PRAGMA synchronous"), "2");
}

TEST_F(SqliteSchemaTest, T10AnOlderFileIsMigratedWithWhatItHolds) {
  Do(kFirst, "INSERT INTO names VALUES ('ann')");
  EXPECT_EQ(Ask(kThird, "SELECT name || age FROM names"), "ann7");
  EXPECT_EQ(Ask(kThird, "PRAGMA user_version"), "3");
  EXPECT_EQ(Ask(kThird, "PRAGMA journal_mode"), "wal");
  EXPECT_EQ(Ask(kThird, "PRAGMA synchronous"), "2");
}

TEST_F(SqliteSchemaTest, T10TheLogOfAKilledOlderProgramIsMigratedToo) {
  ChildProcess older([&](const ChildProcess::Report& report) {
    const auto database = OpenWithSchema(path_, kFirst);
    if (!database.ok()) return;
    report((*database)->Execute("INSERT INTO names VALUES ('ann')").ok() ? "written" : "failed");
    while (true) pause();  // It is to be killed, not to close the database.
  });
  ASSERT_EQ(older.NextLine(), "written");
  older.Kill();
  ASSERT_TRUE(fs::exists(path_ + "-wal"));
  EXPECT_EQ(Ask(kThird, "SELECT name || age FROM names"), "ann7");
}

TEST_F(SqliteSchemaTest, AMigrationThatFailsChangesNothing) {
  Do(kFirst, "INSERT INTO names VALUES ('ann')");
  const SqliteSchema broken{.application_id = 17, .steps = {kMakeNames, kAddTowns, "nonsense"}};
  EXPECT_TRUE(absl::StrContains(Ask(broken, "SELECT 1"), "cannot migrate from schema 1 to 3"));
  EXPECT_EQ(Ask(kFirst, "SELECT name FROM names"), "ann");
  EXPECT_EQ(Ask(kThird, "SELECT name || age FROM names"), "ann7");
}

TEST_F(SqliteSchemaTest, T10ANewerFileIsRefusedUntouched) {
  Do(kThird, "INSERT INTO towns VALUES ('york')");
  ExpectRefused(kFirst, "was written by a newer sluiced (schema 3, this one knows 1)");
  EXPECT_EQ(Ask(kThird, "SELECT town FROM towns"), "york");
}

TEST_F(SqliteSchemaTest, T10AKilledMigrationIsSeenWithoutTheLog) {
  Do(kFirst, "INSERT INTO names VALUES ('ann')");
  ChildProcess newer([&](const ChildProcess::Report& report) {
    const auto database = OpenWithSchema(path_, kThird);
    if (!database.ok()) return;
    report((*database)->Execute("INSERT INTO towns VALUES ('york')").ok() ? "written" : "failed");
    while (true) pause();  // It is to be killed, not to close the database.
  });
  ASSERT_EQ(newer.NextLine(), "written");
  newer.Kill();
  const std::string log = path_ + "-wal";
  ASSERT_GT(fs::file_size(log), 0u);
  const auto size = fs::file_size(log);
  const absl::Status status = OpenWithSchema(path_, kFirst).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_EQ(fs::file_size(log), size);
  EXPECT_EQ(Ask(kThird, "SELECT town FROM towns"), "york");
}

TEST_F(SqliteSchemaTest, AForeignFileIsRefusedUntouched) {
  Do(kFirst, "INSERT INTO names VALUES ('ann')");
  ExpectRefused({.application_id = 18, .steps = {kMakeNames}}, "belongs to another program");
}

TEST_F(SqliteSchemaTest, WhatIsNoDatabaseIsRefusedUntouched) {
  for (const std::string& contents : {std::string(), std::string(5000, 'x')}) {
    std::ofstream(path_) << contents;
    ExpectRefused(kFirst, "it is no SQLite database");
  }
}

TEST_F(SqliteSchemaTest, AFileThatIsGoneWhileItsLogIsThereIsNotMadeAnew) {
  std::ofstream(path_ + "-wal") << "log";
  const absl::Status status = OpenWithSchema(path_, kFirst).status();
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_FALSE(fs::exists(path_));
}

TEST_F(SqliteSchemaTest, WhatACrashLeftOfAnUnfinishedFileIsReplaced) {
  std::ofstream(path_ + ".new") << "half";
  EXPECT_EQ(Ask(kFirst, "PRAGMA user_version"), "1");
  EXPECT_FALSE(fs::exists(path_ + ".new"));
}

// The real store's file, as a later program would leave it.
TEST_F(SqliteSchemaTest, T10TheStoreRefusesTheFileOfALaterStore) {
  const std::string data = parent_.Inside("data");
  const auto directory = DataDirectory::Open(data);
  ASSERT_TRUE(directory.ok()) << directory.status();
  ASSERT_TRUE(SqliteRecordStore::Open(**directory).ok());
  {
    const auto database = SqliteDatabase::Open(data + "/sluice.db", SQLITE_OPEN_READWRITE);
    ASSERT_TRUE(database.ok());
    ASSERT_TRUE((*database)->Execute("PRAGMA user_version = 1000").ok());
  }
  const absl::Status status = SqliteRecordStore::Open(**directory).status();
  EXPECT_TRUE(absl::StrContains(status.message(), "schema 1000, this one knows")) << status;
}

}  // namespace
}  // namespace sluice
