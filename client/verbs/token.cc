// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "base/crypto/token.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/crypto/sha256.h"
#include "client/new_file.h"
#include "client/output/document.h"
#include "client/verbs/verbs.h"

namespace sluice::client {
namespace {

std::string CheckedOptions(const TokenNewOptions& options) {
  if (!IsTokenName(options.name)) return absl::StrCat("NAME ", kTokenNameRule);
  if (options.expires.empty()) return "";
  const absl::StatusOr<absl::Time> expiry = ParseTokenExpiry(options.expires);
  if (!expiry.ok()) return absl::StrCat("--expires: ", expiry.status().message());
  return *expiry > absl::Now() ? "" : absl::StrCat("--expires: ", options.expires, " is over");
}

void Print(const std::string& token, const std::string& line, const TokenNewOptions& options,
           Session& session) {
  if (session.structured()) {
    Document document;
    document.members = {{"name", TextDocument(options.name)},
                        {"token", TextDocument(token)},
                        {"line", TextDocument(line)}};
    return session.PrintDocument(document);
  }
  session.console.Write(absl::StrCat("token, shown only now:\n  ", token,
                                     options.file.empty()
                                         ? "\nline for the token file (access.token_file):\n  "
                                         : absl::StrCat("\nappended to ", options.file, ":\n  "),
                                     line, "\n"));
}

}  // namespace

ExitCode Run(const TokenNewOptions& options, Session& session) {
  const std::string mistake = CheckedOptions(options);
  if (!mistake.empty()) return session.UsageError(mistake);
  const absl::StatusOr<std::string> token = NewToken();
  if (!token.ok()) {
    session.console.WriteError(absl::StrCat("sluice: ", token.status().message(), "\n"));
    return ExitCode::kFailed;
  }
  const std::string line = absl::StrCat(options.name, " ", Sha256Hex(*token),
                                        options.expires.empty() ? "" : " ", options.expires);
  if (!options.file.empty()) {
    const absl::Status appended = AppendLine(options.file, line);
    if (!appended.ok()) {
      session.console.WriteError(absl::StrCat("sluice: ", appended.message(), "\n"));
      return ExitCode::kFailed;
    }
  }
  Print(*token, line, options, session);
  return ExitCode::kDone;
}

}  // namespace sluice::client
