// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// A history of changes, of which half a change or a missing one would show, and a SQLite store with
// its directory. Shared by the tests of that store.

#ifndef SLUICE_TESTS_DRIVERS_STORE_HISTORY_H_
#define SLUICE_TESTS_DRIVERS_STORE_HISTORY_H_

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "base/data_directory.h"
#include "drivers/record_store/sqlite_record_store.h"

namespace sluice {

// A data directory with its store.
struct Opened {
  std::unique_ptr<DataDirectory> directory;
  std::unique_ptr<SqliteRecordStore> store;
};

absl::StatusOr<Opened> Open(const std::string& path);

// Opens, loads, closes.
absl::StatusOr<StoreChange> Load(const std::string& path);

// The log of the store in `path` up to the end of the last frame that was written; what follows is
// allocated alone.
std::string UsedLog(const std::string& path);

// Change number `n`, from 1: a record is put, an old one is erased and all counters move. `padding`
// makes its record larger.
StoreChange ChangeNumber(int n, size_t padding = 0);

// The number of the last change in `contents`; fails the test unless they are that history up to
// it, whole.
int LastChangeIn(const StoreChange& contents);

}  // namespace sluice

#endif  // SLUICE_TESTS_DRIVERS_STORE_HISTORY_H_
