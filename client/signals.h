// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Turns the signals that end or stop a watch into something a poll can wait for, so that the
// terminal is put in order first, and keeps output that nobody takes from holding them up.
// Everywhere else signals keep their usual effect.

#ifndef SLUICE_CLIENT_SIGNALS_H_
#define SLUICE_CLIENT_SIGNALS_H_

#include <signal.h>

#include <optional>
#include <vector>

#include "base/unique_fd.h"

namespace sluice::client {

// While one lives, SIGINT, SIGTERM, SIGHUP, SIGQUIT and SIGTSTP are caught. At most one at a time,
// used by the main thread.
class SignalWatch {
 public:
  SignalWatch();
  ~SignalWatch();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

  // Readable when a signal is there.
  int fd() const { return read_end_.get(); }
  // The next signal that came, if any.
  std::optional<int> Take();

 private:
  struct Saved {
    int signal_number;
    struct sigaction action;
  };

  UniqueFd read_end_;
  std::vector<Saved> saved_;
};

// Stops this process as Ctrl-Z would have; returns when it is continued.
void StopUntilContinued();

// Waits until `fd` can be written to, or fails when it is. False when it cannot be and the last
// SignalWatch has caught a signal that ends: from then on it is waited for a moment only. SIGTSTP
// stops meanwhile. Main thread.
bool AwaitOutput(int fd);

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_SIGNALS_H_
