// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "client/command_line.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/violations.h"
#include "client/grammar/grammar.h"
#include "client/nearest.h"
#include "client/strategy_flags.h"
#include "client/words.h"

namespace sluice::client {
namespace {

std::vector<CLI::App*> CommandsOf(CLI::App& app) {
  return app.get_subcommands([](CLI::App*) { return true; });
}

// The verb or action that was given; `app` itself when none was.
CLI::App& Given(CLI::App& app) {
  const std::vector<CLI::App*> given = app.get_subcommands();
  return given.empty() ? app : Given(*given.front());
}

std::vector<std::string> FlagsOf(const CLI::App& app) {
  std::vector<std::string> flags;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) flags.push_back(absl::StrCat("--", name));
  }
  return flags;
}

std::string DidYouMean(const std::string& nearest) {
  return nearest.empty() ? "" : absl::StrCat("; did you mean ", Quoted(nearest), "?");
}

std::string NoSuchFlag(CLI::App& app, const std::string& word) {
  CLI::App& given = Given(app);
  std::vector<std::string> known = FlagsOf(given);
  for (std::string& flag : FlagsOf(app)) known.push_back(std::move(flag));
  const std::string flag = word.substr(0, word.find('='));
  const std::string nearest = Nearest(flag, known);
  if (nearest != flag) return absl::StrCat("there is no flag ", Quoted(flag), DidYouMean(nearest));
  return absl::StrCat(Quoted(flag), " stands after ", Quoted(given.get_name()));
}

std::vector<std::string> CommandNames(CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : CommandsOf(app)) names.push_back(command->get_name());
  return names;
}

// About a word that nothing on the command line takes.
std::string Unexpected(CLI::App& app, const std::string& word) {
  if (absl::StartsWith(word, "-")) return NoSuchFlag(app, word);
  const std::vector<std::string> commands = CommandNames(Given(app));
  if (!commands.empty()) {
    return absl::StrCat("there is no command ", Quoted(word), DidYouMean(Nearest(word, commands)));
  }
  return absl::StrCat(Quoted(word), " is one argument too many");
}

// Of "--flag: 1 required TEXT missing", or "--flag: At Most 1 required but received 2".
std::string WrongCount(const std::string& text) {
  const bool is_repeated = absl::StrContains(text, "At Most");
  return absl::StrCat(text.substr(0, text.find(':')),
                      is_repeated ? " may be given only once" : " needs a value");
}

// Of "Could not convert: --flag = value".
std::string WrongKind(const CLI::App& given, absl::string_view text) {
  absl::ConsumePrefix(&text, "Could not convert: ");
  const std::pair<std::string, std::string> parts = absl::StrSplit(text, absl::MaxSplits(" = ", 1));
  const auto& [flag, value] = parts;
  const CLI::Option* const option = given.get_option_no_throw(flag);
  const bool is_switch = option != nullptr && option->get_items_expected_max() == 0;
  return absl::StrCat(flag, is_switch ? " takes no value" : ": must be a whole number", "; is ",
                      Quoted(value));
}

std::string Explained(CLI::App& app, const CLI::ParseError& error) {
  CLI::App& given = Given(app);
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr) {
    return WrongCount(error.what());
  }
  if (dynamic_cast<const CLI::ConversionError*>(&error) != nullptr) {
    return WrongKind(given, error.what());
  }
  const bool is_missing = given.get_require_subcommand_min() > 0 && given.get_subcommands().empty();
  if (!is_missing || dynamic_cast<const CLI::RequiredError*>(&error) == nullptr) {
    return error.what();
  }
  return absl::StrCat("a command is missing: ", absl::StrJoin(CommandNames(given), ", "));
}

EarlyEnd UsageError(CLI::App& app, const CLI::ParseError& error) {
  const auto verbs = app.get_subcommands();
  const std::string verb = verbs.empty() ? "" : verbs.front()->get_name() + " ";
  // That something required is missing may only be a consequence of the word that is left over.
  std::vector<std::string> left = app.remaining();
  left.erase(std::remove(left.begin(), left.end(), "--"), left.end());
  const std::string what = left.empty() ? Explained(app, error) : Unexpected(app, left.front());
  return {ExitCode::kUsage,
          absl::StrCat("sluice: ", what, "\n`sluice ", verb, "--help` shows how it is used.\n")};
}

bool TakesValue(const CLI::App& app, const std::string& flag) {
  const CLI::Option* const option = app.get_option_no_throw(flag);
  if (option != nullptr) return option->get_items_expected_max() > 0;
  const auto commands = app.get_subcommands([](const CLI::App*) { return true; });
  return std::any_of(commands.begin(), commands.end(),
                     [&flag](const CLI::App* command) { return TakesValue(*command, flag); });
}

// "--flag=" in two words: the library would take the next word, perhaps the verb, for its value.
std::vector<std::string> WordsOf(const CLI::App& app, int argc, const char* const* argv) {
  std::vector<std::string> words;
  bool are_flags = true;
  for (int i = 1; i < argc; ++i) {
    words.emplace_back(argv[i]);
    are_flags = are_flags && words.back() != "--";
    const std::string flag(absl::StripSuffix(words.back(), "="));
    if (!are_flags || flag == words.back() || !TakesValue(app, flag)) continue;
    words.back() = flag;
    words.emplace_back();
  }
  return words;
}

ArgumentKind FirstArgument(const std::string& verb) {
  if (verb == "deploy" || verb == "plan" || verb == "list") return ArgumentKind::kService;
  if (verb == "services" || verb == "health" || verb == "info" || verb == "certs" ||
      verb == "token") {
    return ArgumentKind::kNothing;
  }
  if (verb == "audit" || verb == "backup") return ArgumentKind::kFile;
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
  std::vector<std::string> words = WordsOf(grammar.app(), argc, argv);
  // As the library wants them.
  std::reverse(words.begin(), words.end());
  try {
    grammar.app().parse(std::move(words));
  } catch (const CLI::CallForVersion&) {
    return EarlyEnd{ExitCode::kDone, kVersion};
  } catch (const CLI::CallForHelp&) {
    return EarlyEnd{ExitCode::kDone, grammar.app().help()};
  } catch (const CLI::ParseError& error) {
    return UsageError(grammar.app(), error);
  }
  return grammar.Result();
}

std::vector<VerbSyntax> AllVerbs() {
  Grammar grammar;
  std::vector<VerbSyntax> verbs;
  for (CLI::App* verb : CommandsOf(grammar.app())) {
    VerbSyntax syntax{verb->get_name(), FirstArgument(verb->get_name()), {}, {}, {}};
    AddFlags(*verb, syntax);
    for (const CLI::App* action : CommandsOf(*verb)) {
      syntax.actions.push_back(action->get_name());
      AddFlags(*action, syntax);
    }
    AddFlags(grammar.app(), syntax);
    verbs.push_back(std::move(syntax));
  }
  return verbs;
}

bool TakesFile(const std::string& flag) {
  // An address may be the path of a socket.
  return flag == "--file" || flag == "-f" || flag == "--dir" || flag == "--address" ||
         flag == "-a" || flag == "--ca" || flag == "--cert" || flag == "--key" ||
         flag == "--token-file";
}

bool TakesList(const std::string& flag) { return flag == "--status"; }

std::vector<std::string> FlagValues(const std::string& flag) {
  if (flag == "--strategy") return StrategyNames();
  if (flag == "--on-failure") return {"rollback", "stop", "continue"};
  if (flag == "--on-uncertain") return {"probe_then_retry", "pause", "rollback"};
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
