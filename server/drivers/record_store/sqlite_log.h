// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Looks for damage in the write-ahead log that a daemon left behind when it did not end in an
// orderly way. SQLite takes the first frame that is not sound for the log's end, so that a flipped
// bit would silently take back everything after it. Used by the SQLite record store at start, from
// one thread, before SQLite opens the file.

#ifndef SLUICE_DRIVERS_RECORD_STORE_SQLITE_LOG_H_
#define SLUICE_DRIVERS_RECORD_STORE_SQLITE_LOG_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"

namespace sluice {

// DATA_LOSS when the log of the SQLite file `path` holds commits that were synced and that SQLite
// would pass over. What a kill or a power cut left of the last commit is no damage; so damage of
// the very last commit is not told from it. Returned is where that begins, in bytes: SQLite reads
// the log up to there. None when the log ends with a whole commit, or was not used since it was
// allocated; nor when of what was being written nothing but zeros is there.
//
// That rests on two habits of the store. One commit is synced before the next one is begun: a
// commit that others follow was on the disk. And every start begins a new log: what the last power
// cut tore is not among what this one did.
absl::StatusOr<std::optional<int64_t>> CheckLog(const std::string& path);

// The name of a SQLite file's log.
std::string LogOf(const std::string& path);

}  // namespace sluice

#endif  // SLUICE_DRIVERS_RECORD_STORE_SQLITE_LOG_H_
