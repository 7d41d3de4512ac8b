// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "client/signals.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

namespace sluice::client {
namespace {

// A signal handler gets no argument of ours.
std::atomic<int> write_end{-1};

void Forward(int signal_number) {
  const int saved_errno = errno;
  const auto byte = static_cast<unsigned char>(signal_number);
  // A full pipe already holds more signals than anybody will read.
  [[maybe_unused]] const ssize_t written = write(write_end.load(), &byte, 1);
  errno = saved_errno;
}

}  // namespace

SignalWatch::SignalWatch() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return;
  read_end_ = UniqueFd(ends[0]);
  write_end.store(ends[1]);
  struct sigaction action = {};
  action.sa_handler = Forward;
  action.sa_flags = SA_RESTART;
  for (int signal_number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP}) {
    struct sigaction before = {};
    sigaction(signal_number, nullptr, &before);
    // nohup and background jobs of a shell ignore signals on purpose.
    if (before.sa_handler == SIG_IGN) continue;
    sigaction(signal_number, &action, nullptr);
    saved_.push_back({signal_number, before});
  }
}

SignalWatch::~SignalWatch() {
  for (const Saved& saved : saved_) sigaction(saved.signal_number, &saved.action, nullptr);
  if (read_end_.ok()) close(write_end.exchange(-1));
}

std::optional<int> SignalWatch::Take() {
  unsigned char byte = 0;
  if (!read_end_.ok() || read(read_end_.get(), &byte, 1) != 1) return std::nullopt;
  return byte;
}

void StopUntilContinued() { raise(SIGSTOP); }

}  // namespace sluice::client
