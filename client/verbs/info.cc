// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/timestamp.h"
#include "client/durations.h"
#include "client/line.h"
#include "client/verbs/verbs.h"
#include "client/words.h"

namespace sluice::client {
namespace {

constexpr int kNameColumns = 12;

Line Row(const char* name, const Line& value) {
  return Line(name, Style::kDim).PadTo(kNameColumns).Add(value);
}

Line DurabilityLine(const v1::ServerInfo& info) {
  Line line(Word(info.durability()));
  if (info.durability() == v1::DURABILITY_MEMORY) {
    line.Add(": records end with the daemon, set data_dir to keep them", Style::kWarning);
  }
  return line;
}

std::vector<Line> Lines(const v1::ServerInfo& info, const std::string& address) {
  const absl::Time start = FromTimestamp(info.start_time());
  std::vector<Line> lines = {
      Row("version", Line(info.version())), Row("address", Line(address)),
      Row("started",
          Line(absl::StrCat(UtcSeconds(start), " (", ShortDuration(absl::Now() - start), " ago)"))),
      Row("durability", DurabilityLine(info))};
  if (info.durability() == v1::DURABILITY_DISK) {
    lines.push_back(Row("data_dir", Line(info.data_dir())));
    lines.push_back(Row("epoch", Line(absl::StrCat(info.epoch()))));
  }
  lines.push_back(Row("revision", Line(absl::StrCat(info.newest_revision()))));
  if (info.insecure_listen()) {
    lines.push_back(Row("insecure", Line("listens where others reach it without TLS, or without "
                                         "knowing who calls",
                                         Style::kWarning)));
  }
  if (!info.audit_failure().empty()) {
    lines.push_back(
        Row("audit", Line("nothing is changed: ").Add(info.audit_failure(), Style::kBad)));
  }
  if (!info.failure().empty()) lines.push_back(Row("failure", Line(info.failure(), Style::kBad)));
  return lines;
}

}  // namespace

ExitCode Run(const InfoOptions& /*options*/, Session& session) {
  v1::ServerInfo info;
  const grpc::Status status = session.connection.Call(&Connection::Deployments::GetServerInfo,
                                                      v1::GetServerInfoRequest(), info);
  if (!status.ok()) return session.Fail(status);
  if (session.structured()) {
    session.PrintDocument(info);
  } else {
    session.console.Write(Lines(info, session.connection.address()));
  }
  return ExitCode::kDone;
}

}  // namespace sluice::client
