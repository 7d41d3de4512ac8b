// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The daemon's configuration: read from a YAML file, overridden by flags, completed with the
// defaults and held against every rule, and against what it names on the machine, before anything
// starts. Used at the start and on SIGHUP. No state.

#ifndef SLUICE_APP_CONFIG_H_
#define SLUICE_APP_CONFIG_H_

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/violations.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice {

// What sluiced exits with when its configuration is refused (EX_CONFIG): to try again is in vain.
inline constexpr int kExitConfig = 78;

inline constexpr char kDefaultSocket[] = "/run/sluice/sluice.sock";

// The flags that replace what the file says.
struct ConfigFlags {
  std::optional<std::string> data_dir;
  std::optional<std::string> unix_socket;
  std::optional<std::string> tcp;
  bool insecure_listen = false;
  std::optional<std::string> log_level;
};

// What is wrong with what a configuration names, outside of it: see CheckSurroundings.
using LookAround = std::function<std::vector<FieldError>(const config::v1::Config&)>;

// Every field that has a default is set in the result. Without a file the daemon accepts services
// that are not configured. The error has one line for each fault: "FILE:LINE:COLUMN: FIELD: RULE",
// or "--FLAG: RULE". Its code is PERMISSION_DENIED, or UNAVAILABLE, only when `look_around` told of
// nothing graver and the rest is good.
absl::StatusOr<config::v1::Config> LoadConfig(const std::optional<std::string>& file,
                                              const ConfigFlags& flags,
                                              const LookAround& look_around = nullptr);

// As LoadConfig, of a text that was read from `name`.
absl::StatusOr<config::v1::Config> ParseConfig(absl::string_view name, absl::string_view text,
                                               const ConfigFlags& flags,
                                               const LookAround& look_around = nullptr);

}  // namespace sluice

#endif  // SLUICE_APP_CONFIG_H_
