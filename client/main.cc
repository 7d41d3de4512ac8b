// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <string>

#include "client/console.h"
#include "client/program.h"

namespace sluice::client {
namespace {

constexpr int kFailed = 1;

int Fail(Console& console, const std::string& why) {
  console.WriteError("sluice: " + why + "\n");
  return kFailed;
}

bool has_output = true;

bool IsClosed(int fd) { return fcntl(fd, F_GETFD) == -1; }

// The next file opened would take the number of one that is closed, and get what is meant for it or
// be read in its place. What takes it here cannot be read, as if it were closed still.
void KeepStandardNumbers() {
  has_output = !IsClosed(STDOUT_FILENO);
  for (int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (IsClosed(fd)) open("/dev/null", O_WRONLY);
  }
}

// gRPC opens a file when its library is loaded, before any initializer of ours but these.
[[gnu::section(".preinit_array"), gnu::used]] void (*keep_standard_numbers)() = KeepStandardNumbers;

int Run(int argc, char** argv, StandardConsole& console) {
  if (!has_output) return Fail(console, "standard output is closed");
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
