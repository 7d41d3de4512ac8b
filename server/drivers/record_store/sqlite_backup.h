// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Copies a SQLite database that is in use to a file. Used by the SQLite record store, from any
// thread, beside its commits.

#ifndef SLUICE_DRIVERS_RECORD_STORE_SQLITE_BACKUP_H_
#define SLUICE_DRIVERS_RECORD_STORE_SQLITE_BACKUP_H_

#include <string>

#include "absl/status/status.h"

namespace sluice {

// As RecordStore::Backup, of the database `path`. The copy needs no other file beside it.
absl::Status BackupDatabase(const std::string& path, const std::string& file);

}  // namespace sluice

#endif  // SLUICE_DRIVERS_RECORD_STORE_SQLITE_BACKUP_H_
