// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Kinds of flags that the parsing library does not have. Used by the grammar only; one thread.

#ifndef SLUICE_CLIENT_GRAMMAR_FLAG_H_
#define SLUICE_CLIENT_GRAMMAR_FLAG_H_

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "base/violations.h"
#include "client/durations.h"

namespace sluice::client {

// Words that a flag or an argument may be.
inline CLI::Validator OneOf(const std::vector<std::string>& words) {
  return CLI::Validator(
      [words](const std::string& word) -> std::string {
        if (std::find(words.begin(), words.end(), word) != words.end()) return "";
        return absl::StrCat("must be ", absl::StrJoin(words, ", "), "; is ", Quoted(word));
      },
      "");
}

// For what would silently be taken from elsewhere when a script's variable is not set.
inline CLI::Validator NotEmpty() {
  return CLI::Validator(
      [](const std::string& text) -> std::string {
        return text.empty() ? "must not be empty" : "";
      },
      "");
}

// For a duration in which something has to be done; what is none is reported by who parses it.
inline CLI::Validator AboveZero() {
  return CLI::Validator(
      [](const std::string& text) -> std::string {
        const absl::StatusOr<absl::Duration> parsed = ParseFlagDuration(text);
        return parsed.ok() && *parsed == absl::ZeroDuration() ? "must be above 0" : "";
      },
      "");
}

// A flag whose value is one of the map's words.
template <typename Value>
void AddChoice(CLI::App& app, const std::string& name, Value& value,
               const std::map<std::string, Value>& choices, const std::string& help) {
  std::vector<std::string> words;
  for (const auto& [word, meaning] : choices) words.push_back(word);
  app.add_option_function<std::string>(
         name, [&value, &choices](const std::string& word) { value = choices.at(word); }, help)
      ->check(OneOf(words))
      ->option_text("WORD");
}

// A flag whose value is written 90, 90s or 1h30m; `Duration` may be optional.
template <typename Duration>
CLI::Option* AddDuration(CLI::App& app, const std::string& name, Duration& value,
                         const std::string& help) {
  return app
      .add_option_function<std::string>(
          name,
          [&value, name](const std::string& text) {
            const absl::StatusOr<absl::Duration> parsed = ParseFlagDuration(text);
            if (!parsed.ok())
              throw CLI::ValidationError(name, std::string(parsed.status().message()));
            value = *parsed;
          },
          help)
      ->option_text("DURATION");
}

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_GRAMMAR_FLAG_H_
