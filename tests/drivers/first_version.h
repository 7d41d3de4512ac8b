// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The store's file as the first version made it, for tests of the migration. For one thread.

#ifndef SLUICE_TESTS_DRIVERS_FIRST_VERSION_H_
#define SLUICE_TESTS_DRIVERS_FIRST_VERSION_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "drivers/record_store/sqlite_database.h"
#include "drivers/record_store/sqlite_schema.h"

namespace sluice {

class FirstVersion {
 public:
  // What a program of that version knows.
  static SqliteSchema Schema();
  // In the data directory `path`, which is made.
  static FirstVersion Make(const std::string& path);

  void Put(const std::string& table, const std::string& key, int64_t number,
           const std::string& body);

 private:
  explicit FirstVersion(std::unique_ptr<SqliteDatabase> database)
      : database_(std::move(database)) {}

  std::unique_ptr<SqliteDatabase> database_;
};

}  // namespace sluice

#endif  // SLUICE_TESTS_DRIVERS_FIRST_VERSION_H_
