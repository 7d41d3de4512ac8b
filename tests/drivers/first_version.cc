// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/first_version.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "absl/strings/str_cat.h"
#include "base/crc32c.h"

namespace sluice {
namespace {

// Not taken from the program: it must go on reading what was written once.
constexpr char kTables[] = R"sql(
CREATE TABLE records (
  key TEXT NOT NULL, number INTEGER NOT NULL, body BLOB NOT NULL, checksum INTEGER NOT NULL,
  PRIMARY KEY (key, number)) STRICT;
CREATE TABLE replaced_states (
  key TEXT NOT NULL, number INTEGER NOT NULL, body BLOB NOT NULL, checksum INTEGER NOT NULL,
  PRIMARY KEY (key, number)) STRICT;
CREATE TABLE requests (
  key TEXT NOT NULL, number INTEGER NOT NULL, body BLOB NOT NULL, checksum INTEGER NOT NULL,
  PRIMARY KEY (key, number)) STRICT;
CREATE TABLE services (
  key TEXT NOT NULL, number INTEGER NOT NULL, body BLOB NOT NULL, checksum INTEGER NOT NULL,
  PRIMARY KEY (key, number)) STRICT;
CREATE TABLE meta (
  key TEXT NOT NULL, number INTEGER NOT NULL, body BLOB NOT NULL, checksum INTEGER NOT NULL,
  PRIMARY KEY (key, number)) STRICT;
)sql";

}  // namespace

SqliteSchema FirstVersion::Schema() { return {.application_id = 0x534C5543, .steps = {kTables}}; }

FirstVersion FirstVersion::Make(const std::string& path) {
  mkdir(path.c_str(), 0700);
  auto database = OpenWithSchema(path + "/sluice.db", Schema());
  EXPECT_TRUE(database.ok()) << database.status();
  return FirstVersion(*std::move(database));
}

void FirstVersion::Put(const std::string& table, const std::string& key, int64_t number,
                       const std::string& body) {
  auto put = SqliteStatement::Prepare(*database_, "INSERT INTO " + table + " VALUES (?, ?, ?, ?)");
  ASSERT_TRUE(put.ok()) << put.status();
  const uint32_t checksum = Crc32c(body, Crc32c(absl::StrCat(table, "/", key, "/", number)));
  const absl::Status status =
      put->BindText(0, key).Bind(1, number).BindBytes(2, body).Bind(3, checksum).Run();
  ASSERT_TRUE(status.ok()) << status;
}

}  // namespace sluice
