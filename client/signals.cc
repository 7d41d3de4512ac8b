// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "client/signals.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

namespace sluice::client {
namespace {

// A terminal that is read takes the last page, and its cursor, by then.
constexpr int kLastMilliseconds = 200;

// A signal handler gets no argument of ours.
std::atomic<int> write_end{-1};
std::atomic<bool> is_ending = false;

// A console knows nothing of who watches signals.
SignalWatch* present = nullptr;

void Forward(int signal_number) {
  const int saved_errno = errno;
  // Before the byte: who finds one and is not ending was stopped.
  if (signal_number != SIGTSTP) is_ending = true;
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
  is_ending = false;
  present = this;
  // Without SA_RESTART: a write that blocks is to come back.
  struct sigaction action = {};
  action.sa_handler = Forward;
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
  present = nullptr;
  if (read_end_.ok()) close(write_end.exchange(-1));
}

std::optional<int> SignalWatch::Take() {
  unsigned char byte = 0;
  if (!read_end_.ok() || read(read_end_.get(), &byte, 1) != 1) return std::nullopt;
  return byte;
}

void StopUntilContinued() { raise(SIGSTOP); }

bool AwaitOutput(int fd) {
  while (true) {
    const bool ending = is_ending;
    const int signal_fd = ending || present == nullptr ? -1 : present->fd();
    pollfd fds[] = {{fd, POLLOUT, 0}, {signal_fd, POLLIN, 0}};
    const int ready = poll(fds, 2, ending ? kLastMilliseconds : -1);
    if (ready > 0 && fds[0].revents != 0) return true;
    if (ending && ready == 0) return false;
    // What cannot be written to cannot be put in order first.
    if (ready > 0 && !is_ending && present->Take().has_value()) StopUntilContinued();
  }
}

}  // namespace sluice::client
