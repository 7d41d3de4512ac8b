// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "base/clock.h"

#include <chrono>
#include <fstream>

#include "absl/time/clock.h"

namespace sluice {

namespace {

std::string BootOfMachine() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  std::getline(file, id);
  return id;
}

}  // namespace

RealClock::RealClock() : boot_(BootOfMachine()) {}

absl::Time RealClock::Now() const { return absl::Now(); }

absl::Duration RealClock::Monotonic() const {
  return absl::FromChrono(std::chrono::steady_clock::now().time_since_epoch());
}

void RealClock::WaitUntil(Mutex& mutex, CondVar& condition, absl::Duration deadline) {
  if (deadline == absl::InfiniteDuration()) {
    condition.Wait(mutex);
    return;
  }
  condition.WaitUntil(mutex,
                      std::chrono::steady_clock::time_point(absl::ToChronoNanoseconds(deadline)));
}

bool SleepFor(Clock& clock, absl::Duration duration, const std::stop_token& stop) {
  Mutex mutex;
  CondVar condition;
  const absl::Duration deadline = clock.Monotonic() + duration;
  std::stop_callback wake(stop, [&] {
    MutexLock lock(mutex);
    condition.NotifyAll();
  });
  MutexLock lock(mutex);
  while (!stop.stop_requested() && clock.Monotonic() < deadline) {
    clock.WaitUntil(mutex, condition, deadline);
  }
  return !stop.stop_requested();
}

}  // namespace sluice
