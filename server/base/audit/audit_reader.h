// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Reads an audit trail and checks its chain from the first line to the last. Used by `sluice
// audit`. Holds one line at a time in memory; any thread.

#ifndef SLUICE_BASE_AUDIT_AUDIT_READER_H_
#define SLUICE_BASE_AUDIT_AUDIT_READER_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sluice/v1/audit.pb.h"

namespace sluice {

struct AuditSummary {
  int64_t records = 0;
  // 1, or more when the file continues an earlier one, which was rotated away.
  int64_t first_sequence = 0;
  int64_t last_sequence = 0;
  // Who keeps it elsewhere can tell later whether the end was cut off.
  std::string last_hash;
  // The last line has no end: the daemon writes it just now, or was killed while it did.
  bool ends_within_a_line = false;
  // The first fault, with file and line: DATA_LOSS. OK when there is none.
  absl::Status fault;
};

// Calls `visit` for each record that can be read, those after a fault too. An error only when the
// file itself cannot be read.
absl::StatusOr<AuditSummary> ReadAuditTrail(
    const std::string& path, const std::function<void(const v1::AuditRecord&)>& visit);

// As ReadAuditTrail, without looking at the records; the fault is the error.
absl::StatusOr<AuditSummary> VerifyAuditTrail(const std::string& path);

}  // namespace sluice

#endif  // SLUICE_BASE_AUDIT_AUDIT_READER_H_
