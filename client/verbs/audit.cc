// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include <deque>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/audit/audit_reader.h"
#include "base/timestamp.h"
#include "client/output/document.h"
#include "client/text.h"
#include "client/verbs/verbs.h"
#include "client/view/table.h"

namespace sluice::client {
namespace {

bool IsWanted(const AuditOptions& options, const v1::AuditRecord& record) {
  return (options.service.empty() || record.service() == options.service) &&
         (options.principal.empty() || record.principal() == options.principal);
}

Line OrDash(const std::string& text) { return Line(text.empty() ? "-" : text); }

std::vector<Line> Row(const v1::AuditRecord& record, bool wide) {
  const bool allowed = record.outcome() == "OK";
  std::vector<Line> cells = {
      Line(absl::FormatTime("%E4Y-%m-%d %H:%M:%S", FromTimestamp(record.time()),
                            absl::LocalTimeZone())),
      Line(record.principal()),
      Line(record.method()),
      OrDash(record.service()),
      OrDash(wide ? record.deployment() : ShortId(record.deployment())),
      Line(record.outcome(), allowed ? Style::kGood : Style::kBad),
      OrDash(record.reason())};
  if (!wide) return cells;
  cells.push_back(Line(record.how()));
  cells.push_back(OrDash(record.peer()));
  cells.push_back(OrDash(record.request_id()));
  cells.push_back(OrDash(record.message()));
  return cells;
}

std::vector<Line> AuditTable(const std::deque<v1::AuditRecord>& records, bool wide) {
  std::vector<std::string> titles = {"TIME",       "PRINCIPAL", "METHOD", "SERVICE",
                                     "DEPLOYMENT", "OUTCOME",   "REASON"};
  if (wide) titles.insert(titles.end(), {"HOW", "PEER", "REQUEST", "MESSAGE"});
  std::vector<std::vector<Line>> rows;
  for (const v1::AuditRecord& record : records) rows.push_back(Row(record, wide));
  return RenderTable(titles, rows);
}

void Print(const std::deque<v1::AuditRecord>& records, Session& session) {
  if (!session.structured()) {
    if (records.empty()) return session.console.WriteError("no records\n");
    return session.console.Write(AuditTable(records, session.wide()));
  }
  for (const v1::AuditRecord& record : records) {
    const Document document = ToDocument(record);
    session.console.Write(session.output == OutputFormat::kJson
                              ? absl::StrCat(ToCompactJson(document), "\n")
                              : absl::StrCat("---\n", ToYaml(document)));
  }
}

Document Number(int64_t number) { return LiteralDocument(absl::StrCat(number)); }

Document VerdictOn(const std::string& file, const AuditSummary& summary) {
  Document verdict;
  verdict.members = {
      {"file", TextDocument(file)},
      {"altered", LiteralDocument(summary.fault.ok() ? "false" : "true")},
      {"fault", TextDocument(std::string(summary.fault.message()))},
      {"records", Number(summary.records)},
      {"first_sequence", Number(summary.first_sequence)},
      {"last_sequence", Number(summary.last_sequence)},
      {"last_hash", TextDocument(summary.last_hash)},
      {"ends_within_a_line", LiteralDocument(summary.ends_within_a_line ? "true" : "false")}};
  return verdict;
}

std::string VerdictText(const std::string& file, const AuditSummary& summary) {
  std::string text = absl::StrCat(
      file, ": ", Counted(static_cast<size_t>(summary.records), "record"), ", none altered\n");
  if (summary.first_sequence > 1) {
    absl::StrAppend(&text, "It begins with record ", summary.first_sequence,
                    ": it continues an earlier file.\n");
  }
  if (summary.ends_within_a_line) {
    absl::StrAppend(&text, "Its last line has no end: it is being written, or was cut off.\n");
  }
  if (summary.records > 0) {
    absl::StrAppend(&text, "Last: record ", summary.last_sequence, ", hash ", summary.last_hash,
                    "\n");
  }
  return text;
}

ExitCode Altered(const AuditSummary& summary, Session& session) {
  session.console.WriteError(
      absl::StrCat("sluice: ", Printable(std::string(summary.fault.message())),
                   "\nWhat stands before that line holds; do not trust what follows.\n"));
  return ExitCode::kFailed;
}

}  // namespace

ExitCode Run(const AuditOptions& options, Session& session) {
  std::deque<v1::AuditRecord> records;
  const auto limit = static_cast<size_t>(options.limit);
  const absl::StatusOr<AuditSummary> summary =
      ReadAuditTrail(options.file, [&](const v1::AuditRecord& record) {
        if (!IsWanted(options, record)) return;
        records.push_back(record);
        if (limit > 0 && records.size() > limit) records.pop_front();
      });
  if (!summary.ok()) return session.UsageError(std::string(summary.status().message()));
  Print(records, session);
  return summary->fault.ok() ? ExitCode::kDone : Altered(*summary, session);
}

ExitCode Run(const AuditVerifyOptions& options, Session& session) {
  const absl::StatusOr<AuditSummary> summary =
      ReadAuditTrail(options.file, [](const v1::AuditRecord& /*record*/) {});
  if (!summary.ok()) return session.UsageError(std::string(summary.status().message()));
  if (session.structured()) session.PrintDocument(VerdictOn(options.file, *summary));
  if (!summary->fault.ok()) return Altered(*summary, session);
  if (!session.structured()) session.console.Write(VerdictText(options.file, *summary));
  return ExitCode::kDone;
}

}  // namespace sluice::client
