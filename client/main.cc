// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <string>

#include "base/standard_descriptors.h"
#include "client/console.h"
#include "client/program.h"

namespace sluice::client {
namespace {

constexpr int kFailed = 1;

int Fail(Console& console, const std::string& why) {
  console.WriteError("sluice: " + why + "\n");
  return kFailed;
}

[[gnu::section(".preinit_array"), gnu::used]] void (*keep_standard_numbers)() = KeepStandardNumbers;

int Run(int argc, char** argv, StandardConsole& console) {
  if (!HadStandardOutput()) return Fail(console, "standard output is closed");
  const int exit_code = static_cast<int>(RunProgram(argc, argv, console));
  if (console.write_error() == 0) return exit_code;
  return Fail(console,
              std::string("cannot write the output: ") + std::strerror(console.write_error()));
}

}  // namespace
}  // namespace sluice::client

int main(int argc, char** argv) {
  // A reader that has gone (`sluice list | head -1`) is noticed when writing.
  std::signal(SIGPIPE, SIG_IGN);
  // What gRPC logs is for its developers; the report of an error says it in words of ours.
  setenv("GRPC_VERBOSITY", "NONE", /*overwrite=*/0);
  sluice::client::StandardConsole console;
  try {
    return sluice::client::Run(argc, argv, console);
  } catch (const std::exception& error) {
    return sluice::client::Fail(console, error.what());
  }
}
