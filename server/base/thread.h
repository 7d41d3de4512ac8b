// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// A thread that is named, has a stack of a chosen size (std::thread cannot), and is joined when it
// goes out of scope.

#ifndef SLUICE_BASE_THREAD_H_
#define SLUICE_BASE_THREAD_H_

#include <pthread.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "base/clock.h"

namespace sluice {

class Thread {
 public:
  // Enough for the engine's waits and the drivers' calls; 10,000 of them cost 100 MB.
  static constexpr size_t kDefaultStackBytes = 256 * 1024;

  // `name` is cut to the 15 characters that Linux keeps. RESOURCE_EXHAUSTED when the system has no
  // thread to give.
  static absl::StatusOr<Thread> Start(const std::string& name, std::function<void()> body,
                                      size_t stack_bytes = kDefaultStackBytes);
  // The same, for a thread that `clock` may want to schedule itself: one that waits on it, or that
  // those do which wait on it.
  static absl::StatusOr<Thread> Start(Clock& clock, const std::string& name,
                                      std::function<void()> body,
                                      size_t stack_bytes = kDefaultStackBytes);

  Thread(Thread&& other) noexcept;
  Thread& operator=(Thread&& other) noexcept;
  ~Thread();

  // Waits for the end of the body. A no-op the second time.
  void Join();
  // Nobody waits for its end any more; what the body uses must live as long as it. Not with a clock
  // that schedules.
  void Detach();

 private:
  explicit Thread(pthread_t handle) : handle_(handle), joinable_(true) {}

  pthread_t handle_;
  bool joinable_;
  std::shared_ptr<ScheduledThread> scheduled_;  // null: the system schedules it
};

}  // namespace sluice

#endif  // SLUICE_BASE_THREAD_H_
