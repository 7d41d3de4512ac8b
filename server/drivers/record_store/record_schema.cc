// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/record_store/record_schema.h"

namespace sluice {
namespace {

constexpr char kVersion1[] = R"sql(
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

// A new record is one page: it goes behind those before it, in a tree by its position, without a
// second tree for its id. So does a request, in the one by its key. What a large record has more of
// is in record_parts; one of version 1 has all in one row until it changes.
constexpr char kVersion2[] = R"sql(
CREATE TABLE records_2 (
  key TEXT NOT NULL, number INTEGER PRIMARY KEY, body BLOB NOT NULL, checksum INTEGER NOT NULL,
  parts INTEGER NOT NULL) STRICT;
INSERT INTO records_2 SELECT key, number, body, checksum, 0 FROM records;
DROP TABLE records;
ALTER TABLE records_2 RENAME TO records;
CREATE TABLE record_parts (
  key TEXT NOT NULL, number INTEGER NOT NULL, body BLOB NOT NULL, checksum INTEGER NOT NULL,
  parts INTEGER NOT NULL, PRIMARY KEY (key, number)) STRICT;
CREATE TABLE requests_2 (
  key TEXT NOT NULL, number INTEGER NOT NULL, body BLOB NOT NULL, checksum INTEGER NOT NULL,
  parts INTEGER NOT NULL, PRIMARY KEY (key, number)) STRICT, WITHOUT ROWID;
INSERT INTO requests_2 SELECT key, number, body, checksum, 0 FROM requests;
DROP TABLE requests;
ALTER TABLE requests_2 RENAME TO requests;
ALTER TABLE replaced_states ADD COLUMN parts INTEGER NOT NULL DEFAULT 0;
ALTER TABLE services ADD COLUMN parts INTEGER NOT NULL DEFAULT 0;
ALTER TABLE meta ADD COLUMN parts INTEGER NOT NULL DEFAULT 0;
)sql";

}  // namespace

SqliteSchema RecordSchema() {
  return {.application_id = 0x534C5543, .steps = {kVersion1, kVersion2}};
}

}  // namespace sluice
