// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Failpoints around each write of SQLite's to a file: journal.before_write, mid_write (half of it
// is written) and after_write, which is before the sync. Used by the record store when it opens.

#ifndef SLUICE_DRIVERS_RECORD_STORE_SQLITE_FAILPOINTS_H_
#define SLUICE_DRIVERS_RECORD_STORE_SQLITE_FAILPOINTS_H_

namespace sluice {

// For all databases of the process; once is enough. Nothing in a build without failpoints.
void InstallWriteFailpoints();

}  // namespace sluice

#endif  // SLUICE_DRIVERS_RECORD_STORE_SQLITE_FAILPOINTS_H_
