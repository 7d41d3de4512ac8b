// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "app/flags.h"

#include "CLI/CLI.hpp"
#include "app/version.h"

namespace sluice {
namespace {

constexpr int kUsageError = 2;

}  // namespace

ParsedFlags ParseFlags(int argc, char** argv) {
  ParsedFlags parsed;
  Flags& flags = parsed.flags;
  CLI::App app("The Sluice daemon: rolls new versions of services out, and takes them back.",
               "sluiced");
  app.add_option("--config", flags.config_file, "Configuration file (YAML); SIGHUP re-reads it")
      ->type_name("FILE");
  app.add_flag("--check", flags.check,
               "Only check the configuration and what it names: 0, or 78 and all that is wrong");
  app.add_flag(
      "--check-text", flags.check_text,
      "As --check, of a configuration for another machine: nothing that it names is looked at");
  app.add_option("--data-dir", flags.config.data_dir,
                 "Directory in which records survive a restart [none: in memory alone]")
      ->type_name("PATH");
  app.add_option("--socket", flags.config.unix_socket,
                 "Unix socket to listen on; \"none\" for none [/run/sluice/sluice.sock]")
      ->type_name("PATH");
  app.add_option("--listen", flags.config.tcp,
                 "TCP address to listen on as well; port 0: a free one")
      ->type_name("HOST:PORT");
  app.add_flag("--insecure-listen", flags.config.insecure_listen,
               "Allow --listen on another address than loopback without TLS");
  app.add_option("--log-level", flags.config.log_level, "debug, info, warn or error [info]")
      ->type_name("LEVEL")
      ->check(CLI::IsMember({"debug", "info", "warn", "error"}));
  app.set_version_flag("--version", std::string("sluiced ") + kVersion);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    parsed.exit_code = app.exit(error) == 0 ? 0 : kUsageError;
    return parsed;
  }
  flags.check = flags.check || flags.check_text;
  if (flags.check && !flags.config_file.has_value()) {
    parsed.exit_code = kUsageError;
    const char* const flag = flags.check_text ? "--check-text" : "--check";
    app.exit(CLI::ValidationError(flag, "needs --config FILE"));
  }
  return parsed;
}

}  // namespace sluice
