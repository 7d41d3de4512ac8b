// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "base/audit/audit_reader.h"

#include <cerrno>
#include <cstring>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "base/audit/audit_line.h"

namespace sluice {
namespace {

// Follows the chain. After a fault it goes on from the record that was read.
class ChainCheck {
 public:
  // Whether `record` is the one after those before.
  absl::Status Add(const v1::AuditRecord& record) {
    const absl::Status status = Check(record);
    if (summary.records++ == 0) summary.first_sequence = record.sequence();
    summary.last_sequence = record.sequence();
    summary.last_hash = record.hash();
    return status;
  }

  AuditSummary summary;

 private:
  absl::Status Check(const v1::AuditRecord& record) const {
    if (summary.records == 0) return CheckFirst(record);
    const int64_t expected = summary.last_sequence + 1;
    if (record.sequence() > expected) {
      return absl::DataLossError(absl::StrCat("is record ", record.sequence(), " after record ",
                                              summary.last_sequence, ": ",
                                              record.sequence() - expected, " before it missing"));
    }
    if (record.sequence() < expected) {
      return absl::DataLossError(absl::StrCat("is record ", record.sequence(), " again, after ",
                                              summary.last_sequence, ": it was moved or inserted"));
    }
    if (record.previous_hash() != summary.last_hash) {
      return absl::DataLossError(
          absl::StrCat("does not follow the record before it: one of both was replaced"));
    }
    return absl::OkStatus();
  }

  static absl::Status CheckFirst(const v1::AuditRecord& record) {
    if (record.sequence() < 1 ||
        (record.sequence() == 1) != (record.previous_hash() == FirstPreviousHash())) {
      return absl::DataLossError("is no beginning of a trail");
    }
    return absl::OkStatus();
  }
};

// The lines of a stream, none longer than an audit line may be.
class Lines {
 public:
  explicit Lines(std::istream& stream) : stream_(stream) {}

  // False at the end. `line` is what fits of it.
  bool Next(std::string& line) {
    line.clear();
    complete_ = false;
    int c = stream_.get();
    if (c == std::istream::traits_type::eof()) return false;
    for (; c != std::istream::traits_type::eof(); c = stream_.get()) {
      if (c == '\n') {
        complete_ = true;
        break;
      }
      if (line.size() < kMaxAuditLineBytes) line.push_back(static_cast<char>(c));
    }
    return true;
  }
  // Whether the last line had an end.
  bool complete() const { return complete_; }

 private:
  std::istream& stream_;
  bool complete_ = false;
};

}  // namespace

absl::StatusOr<AuditSummary> ReadAuditTrail(
    const std::string& path, const std::function<void(const v1::AuditRecord&)>& visit) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream.is_open()) {
    return absl::NotFoundError(absl::StrCat(path, ": cannot be read: ", std::strerror(errno)));
  }
  ChainCheck chain;
  Lines lines(stream);
  std::string line;
  for (int64_t number = 1; lines.Next(line); ++number) {
    if (!lines.complete()) {
      chain.summary.ends_within_a_line = true;
      break;
    }
    const absl::StatusOr<v1::AuditRecord> record = ParseAuditLine(line);
    absl::Status status = record.status();
    if (record.ok()) {
      status = chain.Add(*record);
      visit(*record);
    }
    if (!status.ok() && chain.summary.fault.ok()) {
      chain.summary.fault =
          absl::DataLossError(absl::StrCat(path, ":", number, ": ", status.message()));
    }
  }
  if (stream.bad()) return absl::InternalError(absl::StrCat(path, ": reading failed"));
  return chain.summary;
}

absl::StatusOr<AuditSummary> VerifyAuditTrail(const std::string& path) {
  absl::StatusOr<AuditSummary> summary = ReadAuditTrail(path, [](const v1::AuditRecord&) {});
  if (summary.ok() && !summary->fault.ok()) return summary->fault;
  return summary;
}

}  // namespace sluice
