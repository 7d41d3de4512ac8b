// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <deque>
#include <map>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/audit/audit_line.h"
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

// Every call once: by the line with its outcome, or by the one by which it began where there is
// none.
class Calls {
 public:
  explicit Calls(size_t limit) : limit_(limit) {}

  void Add(const v1::AuditRecord& record) {
    if (record.outcome() == kBegunOutcome) {
      begun_.emplace(record.sequence(), record);
      return;
    }
    begun_.erase(record.begun());
    ended_.push_back(record);
    if (limit_ > 0 && ended_.size() > limit_) ended_.pop_front();
  }

  // Those that began and have no outcome.
  size_t unfinished() const { return begun_.size(); }
  // The last ones.
  std::deque<v1::AuditRecord> Last() const {
    std::deque<v1::AuditRecord> all = ended_;
    for (const auto& [sequence, record] : begun_) all.push_back(record);
    std::sort(all.begin(), all.end(), [](const v1::AuditRecord& a, const v1::AuditRecord& b) {
      return a.sequence() < b.sequence();
    });
    if (limit_ > 0 && all.size() > limit_) {
      all.erase(all.begin(), all.end() - static_cast<std::ptrdiff_t>(limit_));
    }
    return all;
  }

 private:
  const size_t limit_;  // 0: none
  std::map<int64_t, v1::AuditRecord> begun_;
  std::deque<v1::AuditRecord> ended_;
};

// Of what may be cut where there is little room.
constexpr int kLeastWords = 12;

constexpr char kUnfinished[] =
    "began and no outcome is recorded: the daemon ended meanwhile, or could not write it "
    "(event=audit_unwritten in its log), or the next file tells";

Line OrDash(const std::string& text) { return Line(text.empty() ? "-" : text); }

std::vector<Line> Row(const v1::AuditRecord& record, bool wide) {
  const bool allowed = record.outcome() == "OK";
  const bool unknown = record.outcome() == kBegunOutcome;
  std::vector<Line> cells = {
      Line(absl::FormatTime("%E4Y-%m-%d %H:%M:%S", FromTimestamp(record.time()),
                            absl::LocalTimeZone())),
      Line(record.principal()),
      Line(record.method()),
      OrDash(record.service()),
      OrDash(wide ? record.deployment() : ShortId(record.deployment())),
      OrDash(record.what()),
      Line(unknown ? "unknown" : record.outcome(), allowed   ? Style::kGood
                                                   : unknown ? Style::kWarning
                                                             : Style::kBad),
      OrDash(record.reason())};
  if (!wide) return cells;
  cells.push_back(Line(record.how()));
  cells.push_back(OrDash(record.peer()));
  cells.push_back(OrDash(record.request_id()));
  cells.push_back(OrDash(unknown ? kUnfinished : record.message()));
  return cells;
}

std::vector<Line> AuditTable(const std::deque<v1::AuditRecord>& records, bool wide, int width) {
  std::vector<Column> columns = {
      {"TIME"},          {"PRINCIPAL", 0, kLeastWords}, {"METHOD"},  {"SERVICE", 1, kLeastWords},
      {"DEPLOYMENT", 4}, {"WHAT", 3, kLeastWords},      {"OUTCOME"}, {"REASON", 2, kLeastWords}};
  if (wide) columns.insert(columns.end(), {{"HOW"}, {"PEER"}, {"REQUEST"}, {"MESSAGE"}});
  std::vector<std::vector<Line>> rows;
  for (const v1::AuditRecord& record : records) rows.push_back(Row(record, wide));
  return RenderTable(std::move(columns), std::move(rows), width);
}

void Print(const std::deque<v1::AuditRecord>& records, Session& session) {
  if (!session.structured()) {
    if (records.empty()) return session.console.WriteError("no records\n");
    return session.PrintLines(AuditTable(records, session.wide(), session.columns()));
  }
  for (const v1::AuditRecord& record : records) {
    const Document document = ToDocument(record);
    session.console.Write(session.output == OutputFormat::kJson
                              ? absl::StrCat(ToCompactJson(document), "\n")
                              : absl::StrCat("---\n", ToYaml(document)));
  }
}

Document Number(int64_t number) { return LiteralDocument(absl::StrCat(number)); }

Document VerdictOn(const std::string& file, const AuditSummary& summary, size_t unfinished) {
  Document verdict;
  verdict.members = {
      {"file", TextDocument(file)},
      {"altered", LiteralDocument(summary.fault.ok() ? "false" : "true")},
      {"fault", TextDocument(std::string(summary.fault.message()))},
      {"records", Number(summary.records)},
      {"first_sequence", Number(summary.first_sequence)},
      {"last_sequence", Number(summary.last_sequence)},
      {"last_hash", TextDocument(summary.last_hash)},
      {"unfinished", Number(static_cast<int64_t>(unfinished))},
      {"ends_within_a_line", LiteralDocument(summary.ends_within_a_line ? "true" : "false")}};
  return verdict;
}

std::string VerdictText(const std::string& file, const AuditSummary& summary, size_t unfinished) {
  std::string text = absl::StrCat(
      file, ": ", Counted(static_cast<size_t>(summary.records), "record"), ", none altered\n");
  if (summary.first_sequence > 1) {
    absl::StrAppend(&text, "It begins with record ", summary.first_sequence,
                    ": it continues an earlier file.\n");
  }
  if (unfinished > 0) {
    absl::StrAppend(&text, Counted(unfinished, "call"), " ", kUnfinished, ".\n");
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

ExitCode Unreadable(const absl::Status& why, Session& session) {
  const bool may_not = absl::StrContains(why.message(), std::strerror(EACCES));
  session.console.WriteError(
      absl::StrCat("sluice: ", Printable(std::string(why.message())), "\n",
                   may_not ? "Run it as the daemon's user, or with sudo.\n" : ""));
  return ExitCode::kFailed;
}

ExitCode Altered(const AuditSummary& summary, Session& session) {
  session.console.WriteError(
      absl::StrCat("sluice: ", Printable(std::string(summary.fault.message())),
                   "\nWhat stands before that line holds; do not trust what follows.\n"));
  return ExitCode::kFailed;
}

}  // namespace

ExitCode Run(const AuditOptions& options, Session& session) {
  Calls calls(static_cast<size_t>(options.limit));
  const absl::StatusOr<AuditSummary> summary =
      ReadAuditTrail(options.file, [&](const v1::AuditRecord& record) {
        if (IsWanted(options, record)) calls.Add(record);
      });
  if (!summary.ok()) return Unreadable(summary.status(), session);
  Print(calls.Last(), session);
  return summary->fault.ok() ? ExitCode::kDone : Altered(*summary, session);
}

ExitCode Run(const AuditVerifyOptions& options, Session& session) {
  Calls calls(1);
  const absl::StatusOr<AuditSummary> summary =
      ReadAuditTrail(options.file, [&calls](const v1::AuditRecord& record) { calls.Add(record); });
  if (!summary.ok()) return Unreadable(summary.status(), session);
  const size_t unfinished = calls.unfinished();
  if (session.structured()) session.PrintDocument(VerdictOn(options.file, *summary, unfinished));
  if (!summary->fault.ok()) return Altered(*summary, session);
  if (!session.structured()) {
    session.console.Write(VerdictText(options.file, *summary, unfinished));
  }
  return ExitCode::kDone;
}

}  // namespace sluice::client
