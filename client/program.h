// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The whole program behind main: arguments and a console in, exit code out.

#ifndef SLUICE_CLIENT_PROGRAM_H_
#define SLUICE_CLIENT_PROGRAM_H_

#include "client/console.h"
#include "client/exit_code.h"

namespace sluice::client {

ExitCode RunProgram(int argc, const char* const* argv, Console& console);

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_PROGRAM_H_
