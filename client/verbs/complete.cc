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
size_t CountArguments(const Words& words, size_t begin, const Words& flags_with_value) {
  size_t count = 0;
  for (size_t i = begin; i + 1 < words.size(); ++i) {
    if (!absl::StartsWith(words[i], "-")) ++count;
    if (Contains(flags_with_value, words[i])) ++i;
  }
  return count;
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

Words VerbNames(const std::vector<VerbSyntax>& verbs) {
  Words names;
  for (const VerbSyntax& verb : verbs) names.push_back(verb.name);
  return names;
}

Words Candidates(const Words& words, Connection& connection) {
  const std::vector<VerbSyntax> verbs = AllVerbs();
  // Which flags take a value is the same for every verb that has them.
  const size_t verb_at = FindVerb(words, verbs.back().flags_with_value);
  const auto verb = std::find_if(verbs.begin(), verbs.end(), [&](const VerbSyntax& candidate) {
    return verb_at + 1 < words.size() && candidate.name == words[verb_at];
  });
  const VerbSyntax& syntax = verb == verbs.end() ? verbs.back() : *verb;
  const std::string previous = words.size() > 1 ? words[words.size() - 2] : "";
  if (Contains(syntax.flags_with_value, previous)) return FlagValues(previous);
  if (absl::StartsWith(words.back(), "-")) return syntax.flags;
  if (verb == verbs.end()) return verb_at + 1 == words.size() ? VerbNames(verbs) : Words();
  if (CountArguments(words, verb_at + 1, syntax.flags_with_value) > 0) return {};
  if (!syntax.actions.empty()) return syntax.actions;
  return FirstArguments(syntax.first_argument, connection);
}

}  // namespace

ExitCode RunComplete(const std::vector<std::string>& words, Session& session) {
  if (words.empty()) return ExitCode::kDone;
  for (const std::string& candidate : Candidates(words, session.connection)) {
    if (absl::StartsWith(candidate, words.back())) {
      session.console.Write(absl::StrCat(candidate, "\n"));
    }
  }
  return ExitCode::kDone;
}

}  // namespace sluice::client
