// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include <csignal>

#include "client/console.h"
#include "client/program.h"

int main(int argc, char** argv) {
  // A reader that has gone (`sluice list | head -1`) is noticed when writing.
  std::signal(SIGPIPE, SIG_IGN);
  sluice::client::StandardConsole console;
  return static_cast<int>(sluice::client::RunProgram(argc, argv, console));
}
