// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "base/standard_descriptors.h"

#include <fcntl.h>
#include <unistd.h>

#include <initializer_list>

namespace sluice {
namespace {

bool had_output = true;

bool IsClosed(int fd) { return fcntl(fd, F_GETFD) == -1; }

}  // namespace

void KeepStandardNumbers() {
  had_output = !IsClosed(STDOUT_FILENO);
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (IsClosed(fd)) open("/dev/null", O_WRONLY);
  }
}

bool HadStandardOutput() { return had_output; }

}  // namespace sluice
