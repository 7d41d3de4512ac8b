// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "client/command_line.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/violations.h"
#include "client/grammar/grammar.h"
#include "client/strategy_flags.h"
#include "client/words.h"

namespace sluice::client {
namespace {

EarlyEnd UsageError(const CLI::App& app, const std::string& what) {
  const auto given = app.get_subcommands();
  const std::string verb = given.empty() ? "" : given.front()->get_name() + " ";
  return {ExitCode::kUsage,
          absl::StrCat("sluice: ", what, "\n`sluice ", verb, "--help` shows how it is used.\n")};
}

ArgumentKind FirstArgument(const std::string& verb) {
  if (verb == "deploy" || verb == "plan" || verb == "list") return ArgumentKind::kService;
  if (verb == "services" || verb == "health") return ArgumentKind::kNothing;
  if (verb == "audit" || verb == "certs" || verb == "token") return ArgumentKind::kFile;
  return verb == "completion" ? ArgumentKind::kShell : ArgumentKind::kSubject;
}

void AddFlags(const CLI::App& app, VerbSyntax& syntax) {
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_positional()) continue;
    for (const std::string& name : option->get_lnames()) {
      const std::string flag = "--" + name;
      if (std::find(syntax.flags.begin(), syntax.flags.end(), flag) != syntax.flags.end()) continue;
      syntax.flags.push_back(flag);
      if (option->get_items_expected_max() > 0) syntax.flags_with_value.push_back("--" + name);
    }
    for (const std::string& name : option->get_snames()) {
      if (option->get_items_expected_max() > 0) syntax.flags_with_value.push_back("-" + name);
    }
  }
}

}  // namespace

std::variant<CommandLine, EarlyEnd> ParseCommandLine(int argc, const char* const* argv) {
  Grammar grammar;
  try {
    grammar.app().parse(argc, argv);
  } catch (const CLI::CallForVersion&) {
    return EarlyEnd{ExitCode::kDone, kVersion};
  } catch (const CLI::CallForHelp&) {
    return EarlyEnd{ExitCode::kDone, grammar.app().help()};
  } catch (const CLI::RequiredError& error) {
    // A word that is no verb is left over; that none was given is only its consequence.
    const std::vector<std::string> left = grammar.app().remaining();
    return UsageError(grammar.app(), left.empty()
                                         ? error.what()
                                         : absl::StrCat("there is no command ", Quoted(left[0])));
  } catch (const CLI::ParseError& error) {
    return UsageError(grammar.app(), error.what());
  }
  return grammar.Result();
}

std::vector<VerbSyntax> AllVerbs() {
  Grammar grammar;
  std::vector<VerbSyntax> verbs;
  for (CLI::App* verb : grammar.app().get_subcommands([](CLI::App*) { return true; })) {
    VerbSyntax syntax{verb->get_name(), FirstArgument(verb->get_name()), {}, {}, {}};
    AddFlags(*verb, syntax);
    for (const CLI::App* action : verb->get_subcommands([](CLI::App*) { return true; })) {
      syntax.actions.push_back(action->get_name());
      AddFlags(*action, syntax);
    }
    AddFlags(grammar.app(), syntax);
    verbs.push_back(std::move(syntax));
  }
  return verbs;
}

std::vector<std::string> FlagValues(const std::string& flag) {
  if (flag == "--strategy") return StrategyNames();
  if (flag == "--on-failure") return {"rollback", "stop", "continue"};
  if (flag == "--for") return {"completed", "paused", "terminal"};
  if (flag == "--output" || flag == "-o") return {"text", "wide", "json", "yaml"};
  if (flag != "--status") return {};
  std::vector<std::string> statuses;
  for (int status = v1::STATUS_PENDING; status <= v1::Status_MAX; ++status) {
    statuses.push_back(Word(static_cast<v1::Status>(status)));
  }
  return statuses;
}

}  // namespace sluice::client
