// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The command line of sluiced.

#ifndef SLUICE_APP_FLAGS_H_
#define SLUICE_APP_FLAGS_H_

#include <optional>
#include <string>

#include "app/config.h"

namespace sluice {

struct Flags {
  std::optional<std::string> config_file;  // none: run without a configuration
  bool check = false;                      // only look at the configuration
  bool check_text = false;                 // and not at what it names on this machine
  ConfigFlags config;                      // these win over the configuration file
};

// The flags, or the exit code when there is nothing more to do: help and version were printed (0),
// or what is wrong (2).
struct ParsedFlags {
  Flags flags;
  std::optional<int> exit_code;
};
ParsedFlags ParseFlags(int argc, char** argv);

}  // namespace sluice

#endif  // SLUICE_APP_FLAGS_H_
