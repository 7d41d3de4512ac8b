// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Brings a SQLite file to the schema that this program knows: made when missing, migrated forward
// when older, refused before anything is written when newer, foreign or damaged. Used by the SQLite
// record store at start, from one thread, with the data directory locked.

#ifndef SLUICE_DRIVERS_RECORD_STORE_SQLITE_SCHEMA_H_
#define SLUICE_DRIVERS_RECORD_STORE_SQLITE_SCHEMA_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "drivers/record_store/sqlite_database.h"

namespace sluice {

struct SqliteSchema {
  // Tells the file from those of other programs.
  int32_t application_id;
  // SQL that brings a file from version 0 to 1, from 1 to 2 ...: a step that was released is never
  // changed, new ones are added at the end.
  std::vector<std::string> steps;

  int version() const { return static_cast<int>(steps.size()); }
};

// Opens `path` for reading and writing; it has the schema's newest version then, and its journal is
// a write-ahead log that is synced at every commit. FAILED_PRECONDITION when the file is newer or
// foreign, DATA_LOSS when it is damaged; each says what to do.
absl::StatusOr<std::unique_ptr<SqliteDatabase>> OpenWithSchema(const std::string& path,
                                                               const SqliteSchema& schema);

// DATA_LOSS saying what is wrong with the file `path`, and what an operator does about it.
absl::Status DamageError(const std::string& path, absl::string_view what);

}  // namespace sluice

#endif  // SLUICE_DRIVERS_RECORD_STORE_SQLITE_SCHEMA_H_
