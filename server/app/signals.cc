// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "app/signals.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <limits>
#include <memory>
#include <utility>

#include "base/thread.h"
#include "base/unique_fd.h"

namespace sluice {
namespace {

sigset_t EndSignals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}

sigset_t OurSignals() {
  sigset_t set = EndSignals();
  sigaddset(&set, SIGHUP);
  return set;
}

// False on the time limit.
template <size_t kCount>
bool AwaitReadable(std::array<pollfd, kCount>& files, absl::Duration limit) {
  const int64_t milliseconds =
      std::min<int64_t>(absl::ToInt64Milliseconds(limit), std::numeric_limits<int>::max());
  int ready = 0;
  do {
    ready = poll(files.data(), files.size(), static_cast<int>(milliseconds));
  } while (ready < 0 && errno == EINTR);
  return ready > 0;
}

void ExitAtOnce(int) { _exit(1); }

}  // namespace

void BlockSignals() {
  const sigset_t set = OurSignals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);
}

int AwaitSignal() {
  const sigset_t set = OurSignals();
  int signal_number = 0;
  sigwait(&set, &signal_number);
  return signal_number;
}

bool RunUntilSignal(std::function<void()> work, absl::Duration limit) {
  const sigset_t set = EndSignals();
  const UniqueFd signals(signalfd(-1, &set, SFD_CLOEXEC));
  const auto ended = std::make_shared<UniqueFd>(eventfd(0, EFD_CLOEXEC));
  absl::StatusOr<Thread> thread = Thread::Start("drain", [work = std::move(work), ended] {
    work();
    eventfd_write(ended->get(), 1);
  });
  if (!thread.ok()) return false;
  std::array<pollfd, 2> files{{{ended->get(), POLLIN, 0}, {signals.get(), POLLIN, 0}}};
  if (AwaitReadable(files, limit) && (files[0].revents & POLLIN) != 0) return true;
  signalfd_siginfo taken{};
  // Taken, so that it does not end what the caller still has to do.
  if ((files[1].revents & POLLIN) != 0) (void)!read(signals.get(), &taken, sizeof(taken));
  // It cannot be joined, and the process ends soon.
  static_cast<void>(std::make_unique<Thread>(*std::move(thread)).release());
  return false;
}

void ExitAtNextSignal() {
  signal(SIGTERM, ExitAtOnce);
  signal(SIGINT, ExitAtOnce);
  const sigset_t set = EndSignals();
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

}  // namespace sluice
