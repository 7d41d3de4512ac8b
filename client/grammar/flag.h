// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Kinds of flags that the parsing library does not have. Used by the grammar only; one thread.

#ifndef SLUICE_CLIENT_GRAMMAR_FLAG_H_
#define SLUICE_CLIENT_GRAMMAR_FLAG_H_

#include <map>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/duration_text.h"

namespace sluice::client {

// A flag whose value is one of the map's words.
template <typename Value>
void AddChoice(CLI::App& app, const std::string& name, Value& value,
               const std::map<std::string, Value>& choices, const std::string& help) {
  app.add_option_function<std::string>(
         name, [&value, &choices](const std::string& word) { value = choices.at(word); }, help)
      ->check(CLI::IsMember(choices))
      ->option_text("WORD");
}

// A flag whose value is written 90s or 1h30m; `Duration` may be optional.
template <typename Duration>
CLI::Option* AddDuration(CLI::App& app, const std::string& name, Duration& value,
                         const std::string& help) {
  return app
      .add_option_function<std::string>(
          name,
          [&value, name](const std::string& text) {
            const absl::StatusOr<absl::Duration> parsed = ParseDuration(text);
            if (!parsed.ok())
              throw CLI::ValidationError(name, std::string(parsed.status().message()));
            value = *parsed;
          },
          help)
      ->option_text("DURATION");
}

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_GRAMMAR_FLAG_H_
