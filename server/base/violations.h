// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Collects everything that is wrong with an input, by field path, so that the user sees all of it
// at once. Used by the validation of requests and of the configuration.

#ifndef SLUICE_BASE_VIOLATIONS_H_
#define SLUICE_BASE_VIOLATIONS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace sluice {

struct Violation {
  std::string field;        // "strategy.rolling_deployment.batch_size"
  std::string description;  // "must be at least 1, is 0"
};

// The same where its code matters: what kind of fault it is.
struct FieldError {
  std::string field;
  absl::Status status;
};

// The payload under which ToStatus() carries a google.rpc.BadRequest.
inline constexpr char kBadRequestTypeUrl[] = "type.googleapis.com/google.rpc.BadRequest";

// Not thread-safe.
class Violations {
 public:
  void Add(absl::string_view field, absl::string_view description);
  bool empty() const { return violations_.empty(); }
  const std::vector<Violation>& all() const { return violations_; }

  // OK when empty; else INVALID_ARGUMENT that names every violation, and a BadRequest payload.
  absl::Status ToStatus() const;

 private:
  std::vector<Violation> violations_;
};

// INVALID_ARGUMENT with one violation.
absl::Status ViolationError(absl::string_view field, absl::string_view description);

// Joins two parts of a field path with a dot; either may be empty.
std::string FieldPath(absl::string_view parent, absl::string_view child);
// "targets[3]"
std::string FieldPath(absl::string_view parent, size_t index);

// What a service, target or request may be called. Each adds at most one violation for `field`.
void CheckName(absl::string_view field, absl::string_view name, Violations& violations);
void CheckVersion(absl::string_view field, absl::string_view version, Violations& violations);
// At most `max_bytes` of UTF-8 without control characters; may be empty.
void CheckText(absl::string_view field, absl::string_view text, size_t max_bytes,
               Violations& violations);

// `text` for use in a message or a log line: quotes and control characters escaped, cut to
// `max_bytes`.
std::string Quoted(absl::string_view text, size_t max_bytes = 80);

}  // namespace sluice

#endif  // SLUICE_BASE_VIOLATIONS_H_
