// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "client/program.h"

#include <cstdlib>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/text.h"
#include "base/violations.h"
#include "client/command_line.h"
#include "client/connection.h"
#include "client/credentials.h"
#include "client/session.h"
#include "client/verbs/verbs.h"

namespace sluice::client {
namespace {

// A shell that completes must not hang.
constexpr absl::Duration kCompletionTimeout = absl::Seconds(1);

// The value of a flag in the words of an unfinished command line.
std::string ValueIn(const std::vector<std::string>& words, const std::string& flag,
                    const std::string& short_flag = "") {
  for (size_t i = 0; i + 1 < words.size(); ++i) {
    if (words[i] == flag || (!short_flag.empty() && words[i] == short_flag)) return words[i + 1];
    absl::string_view word = words[i];
    if (absl::ConsumePrefix(&word, absl::StrCat(flag, "="))) return std::string(word);
  }
  return "";
}

CredentialFiles CredentialFilesIn(const std::vector<std::string>& words) {
  return {.ca = ValueIn(words, "--ca"),
          .certificate = ValueIn(words, "--cert"),
          .key = ValueIn(words, "--key"),
          .token = ValueIn(words, "--token-file")};
}

const char* Getenv(const char* name) { return std::getenv(name); }

ExitCode CompleteWords(const std::vector<std::string>& words, Console& console) {
  const auto resolved =
      ResolveAddress(ValueIn(words, "--address", "-a"), std::getenv("SLUICE_ADDRESS"));
  const std::string address = resolved.ok() ? *resolved : kDefaultAddress;
  const auto credentials = ReadCredentials(CredentialFilesIn(words), address, Getenv);
  Connection connection(address, kCompletionTimeout, credentials.value_or(Credentials()));
  Session session{connection, console};
  return RunComplete(words, session);
}

// The others need none of the files that may only be about to be made.
bool CallsTheDaemon(const VerbOptions& verb) {
  return !std::holds_alternative<CertsInitOptions>(verb) &&
         !std::holds_alternative<TokenNewOptions>(verb) &&
         !std::holds_alternative<AuditOptions>(verb) &&
         !std::holds_alternative<AuditVerifyOptions>(verb) &&
         !std::holds_alternative<CompletionOptions>(verb);
}

ExitCode RunVerb(const CommandLine& command_line, Console& console) {
  const GlobalOptions& global = command_line.global;
  const auto address = ResolveAddress(global.address, std::getenv("SLUICE_ADDRESS"));
  if (!address.ok()) {
    const char* source = global.address.empty() ? "SLUICE_ADDRESS" : "--address";
    console.WriteError(
        absl::StrCat("sluice: ", source, ": ", std::string(address.status().message()), "\n"));
    return ExitCode::kUsage;
  }
  absl::StatusOr<Credentials> credentials = Credentials();
  if (CallsTheDaemon(command_line.verb)) {
    credentials = ReadCredentials(global.credentials, *address, Getenv);
  }
  if (!credentials.ok()) {
    console.WriteError(absl::StrCat("sluice: ", std::string(credentials.status().message()), "\n"));
    return ExitCode::kUsage;
  }
  Connection connection(*address, global.timeout, *std::move(credentials));
  Session session{connection, console, global.output};
  return std::visit([&session](const auto& options) { return Run(options, session); },
                    command_line.verb);
}

// Protobuf's texts are UTF-8: nothing else can be sent.
bool IsUtf8(int argc, const char* const* argv, Console& console) {
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (ToValidUtf8(word) == word) continue;
    console.WriteError(absl::StrCat("sluice: argument ", i,
                                    " is not valid UTF-8: ", Quoted(ToValidUtf8(word)), "\n"));
    return false;
  }
  return true;
}

}  // namespace

ExitCode RunProgram(int argc, const char* const* argv, Console& console) {
  if (argc > 1 && std::string(argv[1]) == "__complete") {
    return CompleteWords({argv + 2, argv + argc}, console);
  }
  if (!IsUtf8(argc, argv, console)) return ExitCode::kUsage;
  const auto parsed = ParseCommandLine(argc, argv);
  if (const auto* end = std::get_if<EarlyEnd>(&parsed)) {
    if (end->exit_code == ExitCode::kDone) {
      console.Write(end->text);
    } else {
      console.WriteError(end->text);
    }
    return end->exit_code;
  }
  return RunVerb(std::get<CommandLine>(parsed), console);
}

}  // namespace sluice::client
