// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The command line, parsed: what the user asked for, or what is wrong with it; and what the shell
// may complete. Its body and grammar/ are all that knows the parsing library. Used by main.

#ifndef SLUICE_CLIENT_COMMAND_LINE_H_
#define SLUICE_CLIENT_COMMAND_LINE_H_

#include <string>
#include <variant>
#include <vector>

#include "client/exit_code.h"
#include "client/options.h"

namespace sluice::client {

// The command line asks for nothing more than this text: help, the version, a usage error.
struct EarlyEnd {
  ExitCode exit_code = ExitCode::kDone;
  std::string text;
};

std::variant<CommandLine, EarlyEnd> ParseCommandLine(int argc, const char* const* argv);

// What the shell may put at a place of the command line.
enum class ArgumentKind { kNothing, kFile, kService, kSubject, kShell };

struct VerbSyntax {
  std::string name;
  ArgumentKind first_argument = ArgumentKind::kNothing;
  std::vector<std::string> actions;           // what may follow it: certs init
  std::vector<std::string> flags;             // "--watch"
  std::vector<std::string> flags_with_value;  // those of them that take one
};

// Every verb, in the order of the help text, with the flags common to all.
std::vector<VerbSyntax> AllVerbs();

// What a flag's value may be; empty when it is anything.
std::vector<std::string> FlagValues(const std::string& flag);

// Whether a flag's value may be the name of a file, or several values with commas.
bool TakesFile(const std::string& flag);
bool TakesList(const std::string& flag);

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_COMMAND_LINE_H_
