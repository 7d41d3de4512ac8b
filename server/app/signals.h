// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Signals as values: blocked in every thread, taken one at a time by main.

#ifndef SLUICE_APP_SIGNALS_H_
#define SLUICE_APP_SIGNALS_H_

#include <functional>

#include "absl/time/time.h"

namespace sluice {

// Blocks SIGTERM, SIGINT and SIGHUP, and ignores SIGPIPE and SIGXFSZ, whose calls then fail. To be
// called before any thread starts.
void BlockSignals();

// Blocks until one of SIGTERM, SIGINT, SIGHUP comes, and returns it.
int AwaitSignal();

// Runs `work` on a thread of its own and waits for its end: true. False when SIGTERM or SIGINT
// comes first or `limit` passes: then `work` still runs, and only _exit() may follow.
bool RunUntilSignal(std::function<void()> work, absl::Duration limit);

// From now on a SIGTERM or SIGINT ends the process at once, with exit code 1.
void ExitAtNextSignal();

}  // namespace sluice

#endif  // SLUICE_APP_SIGNALS_H_
