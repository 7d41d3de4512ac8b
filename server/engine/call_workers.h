// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Workers on the pool that share the calls of one run: each takes the next until there are none, so
// that ten thousand calls are no more jobs than the pool has threads. The deployment's own worker
// launches them and waits.

#ifndef SLUICE_ENGINE_CALL_WORKERS_H_
#define SLUICE_ENGINE_CALL_WORKERS_H_

#include <atomic>
#include <cstddef>
#include <functional>

#include "engine/control.h"
#include "engine/worker_pool.h"

namespace sluice {

// Launch and Await belong to one thread. Await must have returned before the end.
class CallWorkers {
 public:
  // Both must outlive the workers.
  CallWorkers(Control& control, WorkerPool& pool) : control_(control), pool_(pool) {}

  // At most `count` workers, each of which runs `work` once. If the pool takes none, the caller
  // runs it: slower, never lost.
  void Launch(size_t count, const std::function<void()>& work);

  // Waits until no worker is left. When the run is interrupted those that have not started never
  // will: they must not make it wait for the calls of other deployments.
  Interrupt Await();

 private:
  void Work(const std::function<void()>& work);

  Control& control_;
  WorkerPool& pool_;
  std::atomic<int> running_{0};
};

}  // namespace sluice

#endif  // SLUICE_ENGINE_CALL_WORKERS_H_
