// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/command_line.h"
#include "client/text.h"
#include "client/verbs/verbs.h"

namespace sluice::client {
namespace {

using Words = std::vector<std::string>;

constexpr int kMostRecent = 50;

bool Contains(const Words& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// Where the verb stands in `words`, which may begin with flags of all verbs; the end when there is
// none before the last word.
size_t FindVerb(const Words& words, const Words& flags_with_value) {
  size_t i = 0;
  while (i + 1 < words.size() && absl::StartsWith(words[i], "-")) {
    i += Contains(flags_with_value, words[i]) ? 2 : 1;
  }
  return std::min(i, words.size() - 1);
}

// Arguments before the last word that are neither flags nor their values.
Words Arguments(const Words& words, size_t begin, const Words& flags_with_value) {
  Words arguments;
  for (size_t i = begin; i + 1 < words.size(); ++i) {
    if (!absl::StartsWith(words[i], "-")) arguments.push_back(words[i]);
    if (Contains(flags_with_value, words[i])) ++i;
  }
  return arguments;
}

void AddServices(Connection& connection, std::set<std::string>& names) {
  v1::ListServicesResponse list;
  const grpc::Status status =
      connection.Call(&Connection::Deployments::ListServices, v1::ListServicesRequest(), list);
  if (!status.ok()) return;
  for (const v1::Service& service : list.services()) names.insert(Printable(service.name()));
}

void AddIds(Connection& connection, std::set<std::string>& names) {
  v1::ListStatesRequest request;
  request.set_page_size(kMostRecent);
  v1::ListStatesResponse list;
  if (!connection.Call(&Connection::Deployments::ListStates, request, list).ok()) return;
  for (const v1::DeploymentState& state : list.states()) names.insert(ShortId(state.id()));
}

Words FirstArguments(ArgumentKind kind, Connection& connection) {
  if (kind == ArgumentKind::kShell) return {"bash", "zsh", "fish"};
  std::set<std::string> names;
  if (kind == ArgumentKind::kService || kind == ArgumentKind::kSubject) {
    AddServices(connection, names);
  }
  if (kind == ArgumentKind::kSubject) AddIds(connection, names);
  return {names.begin(), names.end()};
}

// What may stand at the place of the last word.
struct Place {
  Words words = {};
  bool file = false;       // or the name of a file
  std::string begun = "";  // what each of `words` goes after: "--status=failed,"
};

Place FlagValue(const std::string& flag, const std::string& text) {
  Place place{FlagValues(flag), TakesFile(flag)};
  if (TakesList(flag)) place.begun = text.substr(0, text.rfind(',') + 1);
  return place;
}

Words VerbNames(const std::vector<VerbSyntax>& verbs) {
  Words names;
  for (const VerbSyntax& verb : verbs) names.push_back(verb.name);
  return names;
}

Place Argument(const VerbSyntax& verb, Words given, Connection& connection) {
  const bool file = verb.first_argument == ArgumentKind::kFile;
  if (given.empty() && !verb.actions.empty()) return {verb.actions, file};
  if (!given.empty() && Contains(verb.actions, given.front())) given.erase(given.begin());
  if (!given.empty()) return {};
  return {FirstArguments(verb.first_argument, connection), file};
}

// `is_value`: the last word belongs to the flag before it.
Place PlaceOf(const Words& words, bool is_value, Connection& connection) {
  const std::vector<VerbSyntax> verbs = AllVerbs();
  // Which flags take a value is the same for every verb that has them.
  const size_t verb_at = FindVerb(words, verbs.back().flags_with_value);
  const auto verb = std::find_if(verbs.begin(), verbs.end(), [&](const VerbSyntax& candidate) {
    return verb_at + 1 < words.size() && candidate.name == words[verb_at];
  });
  const VerbSyntax& syntax = verb == verbs.end() ? verbs.back() : *verb;
  const std::string previous = words.size() > 1 ? words[words.size() - 2] : "";
  if (Contains(syntax.flags_with_value, previous)) return FlagValue(previous, words.back());
  if (is_value) return {};
  if (absl::StartsWith(words.back(), "-")) return {syntax.flags};
  if (verb == verbs.end()) return {verb_at + 1 == words.size() ? VerbNames(verbs) : Words()};
  return Argument(syntax, Arguments(words, verb_at + 1, syntax.flags_with_value), connection);
}

// `words` may end with --flag=value in one word.
Place FindPlace(Words words, Connection& connection) {
  const size_t equals = words.back().find('=');
  if (!absl::StartsWith(words.back(), "--") || equals == std::string::npos) {
    return PlaceOf(words, /*is_value=*/false, connection);
  }
  const std::string flag = words.back().substr(0, equals);
  words.back() = words.back().substr(equals + 1);
  words.insert(words.end() - 1, flag);
  Place place = PlaceOf(words, /*is_value=*/true, connection);
  place.begun = absl::StrCat(flag, "=", place.begun);
  return place;
}

}  // namespace

ExitCode RunComplete(const std::vector<std::string>& words, Session& session) {
  if (words.empty()) return ExitCode::kDone;
  const Place place = FindPlace(words, session.connection);
  for (const std::string& word : place.words) {
    const std::string candidate = absl::StrCat(place.begun, word);
    if (absl::StartsWith(candidate, words.back())) {
      session.console.Write(absl::StrCat(candidate, "\n"));
    }
  }
  return place.file ? ExitCode::kFailed : ExitCode::kDone;
}

}  // namespace sluice::client
