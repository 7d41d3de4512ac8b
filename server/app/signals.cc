// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "app/signals.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

namespace sluice {
namespace {

sigset_t OurSignals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGHUP);
  return set;
}

void ExitAtOnce(int) { _exit(1); }

}  // namespace

void BlockSignals() {
  const sigset_t set = OurSignals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signal(SIGPIPE, SIG_IGN);
}

int AwaitSignal() {
  const sigset_t set = OurSignals();
  int signal_number = 0;
  sigwait(&set, &signal_number);
  return signal_number;
}

void ExitAtNextSignal() {
  signal(SIGTERM, ExitAtOnce);
  signal(SIGINT, ExitAtOnce);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

}  // namespace sluice
