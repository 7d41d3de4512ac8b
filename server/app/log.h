// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The daemon's log: one line an event on standard error, key=value. A thread of its own writes it,
// so that a reader who has stopped reading holds up neither a call nor a rollout. Used by main.

#ifndef SLUICE_APP_LOG_H_
#define SLUICE_APP_LOG_H_

#include <string>

namespace sluice {

// Makes the log, with what gRPC and Protobuf have to say in it too. `level` as spdlog names them.
// To be called once, with the signals blocked.
void StartLog(const std::string& level);

// Waits until all is written, but not for long: whoever reads the log may have stopped. False when
// lines are left, which an orderly end of the process would wait for.
bool FlushLog();

}  // namespace sluice

#endif  // SLUICE_APP_LOG_H_
