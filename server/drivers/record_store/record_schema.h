// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The tables of the SQLite record store. Rows of every kind have the columns key, number, body,
// checksum and parts. `number` is a record's position, a part's place, a replaced state's revision,
// else 0; `parts` is how many rows of record_parts belong to a record, else 0.

#ifndef SLUICE_DRIVERS_RECORD_STORE_RECORD_SCHEMA_H_
#define SLUICE_DRIVERS_RECORD_STORE_RECORD_SCHEMA_H_

#include "drivers/record_store/sqlite_schema.h"

namespace sluice {

SqliteSchema RecordSchema();

}  // namespace sluice

#endif  // SLUICE_DRIVERS_RECORD_STORE_RECORD_SCHEMA_H_
