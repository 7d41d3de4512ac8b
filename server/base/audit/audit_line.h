// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The audit trail's line format: one JSON object a record, which ends with the hash of all that
// stands before it, and names the hash of the record before. So a changed, removed or inserted line
// shows. Written by the daemon, read by the command line. Pure; any thread.

#ifndef SLUICE_BASE_AUDIT_AUDIT_LINE_H_
#define SLUICE_BASE_AUDIT_AUDIT_LINE_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "sluice/v1/audit.pb.h"

namespace sluice {

// No line is longer, its end included.
inline constexpr size_t kMaxAuditLineBytes = 32 * 1024;

// The outcome of a line that only says that a call begins.
inline constexpr char kBegunOutcome[] = "BEGUN";

// What the first record has as the hash of the one before.
std::string FirstPreviousHash();

// The line of `record`, without a line end. Sets record.hash. Texts are made valid UTF-8, cut to a
// bound, and tokens in them are redacted.
std::string ToAuditLine(v1::AuditRecord& record);

// INVALID_ARGUMENT when `line` is no record; DATA_LOSS when its hash is not that of its content.
absl::StatusOr<v1::AuditRecord> ParseAuditLine(absl::string_view line);

}  // namespace sluice

#endif  // SLUICE_BASE_AUDIT_AUDIT_LINE_H_
