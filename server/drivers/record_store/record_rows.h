// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The rows of the SQLite record store: what kinds there are, and how each is read. The columns are
// the same for all, see record_schema. Used by the store, on its thread.

#ifndef SLUICE_DRIVERS_RECORD_STORE_RECORD_ROWS_H_
#define SLUICE_DRIVERS_RECORD_STORE_RECORD_ROWS_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "ports/record_store.h"

namespace sluice {

struct RecordRow {
  std::string key;
  int64_t number;
  absl::string_view body;
  int64_t parts = 0;
};

struct RowKind {
  const char* table;
  const char* order;     // in which they are read
  const char* erase_by;  // the condition
  // False when the row is not what the store wrote.
  bool (*take)(const RecordRow& row, StoreChange& contents);
};

// In the order in which the tables are read: a record comes before its parts.
enum RowKindIndex { kRecords, kParts, kReplacedStates, kRequests, kServices, kMeta };
extern const RowKind kRowKinds[6];

// Covers where a row stands, not only what it holds.
uint32_t ChecksumOf(const RowKind& kind, const RecordRow& row);

}  // namespace sluice

#endif  // SLUICE_DRIVERS_RECORD_STORE_RECORD_ROWS_H_
