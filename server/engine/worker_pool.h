// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Threads that are made when there is work and end when there has been none for a while. One pool
// runs the deployments, another the calls to targets.

#ifndef SLUICE_ENGINE_WORKER_POOL_H_
#define SLUICE_ENGINE_WORKER_POOL_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "base/thread.h"

namespace sluice {

// Thread-safe. The destructor finishes all jobs that were taken, and joins the threads.
class WorkerPool {
 public:
  struct Options {
    std::string name;
    // Jobs that run at the same time; 0 runs each job in the caller of Submit.
    size_t max_threads = 0;
    // Jobs that wait for a thread.
    size_t max_waiting = 0;
    absl::Duration idle_time = absl::Seconds(10);
  };

  WorkerPool(Clock& clock, Options options);
  ~WorkerPool();

  // RESOURCE_EXHAUSTED when max_waiting jobs wait already. Jobs start in the order in which they
  // came. A job that throws ends the process: jobs catch what they call. `owner` is for Withdraw.
  absl::Status Submit(std::function<void()> job, const void* owner = nullptr);
  // As Submit, `count` times at once, which wakes the threads at once; returns how many were taken.
  size_t SubmitCopies(size_t count, const std::function<void()>& job, const void* owner);
  // As Submit, however many wait.
  absl::Status SubmitAlways(std::function<void()> job, const void* owner);

  // The job of `owner`, if it has not started, does so now: before the others, and above
  // max_threads. For one that must not wait.
  void Hurry(const void* owner);

  // Takes the jobs of `owner` that have not started out of the queue, and returns how many.
  size_t Withdraw(const void* owner);

  size_t max_threads() const { return options_.max_threads; }

 private:
  struct Job {
    std::function<void()> run;
    const void* owner = nullptr;
  };

  // How many of the copies were taken.
  size_t Add(const Job& job, size_t count, size_t max_waiting);
  // Jobs that may still come.
  size_t Room(size_t max_waiting) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Threads for `count` jobs, of `idle` ones. Without the lock, which they would find taken; all at
  // once, which is one system call, where most of them are needed.
  void Wake(size_t count, size_t idle);
  absl::Status Full();
  void Work(int64_t self);
  // Whether jobs wait for a thread, and one more may be on its way beside fewer than `at_once`.
  bool MayStartThread(size_t at_once) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool StartThread() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // One for each job that waits for one. Without the lock, which each of them would find taken.
  void StartThreads();
  int64_t CountNewThread() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // False when it could not be started.
  bool Keep(int64_t self, absl::StatusOr<Thread> thread) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Job TakeJob() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // To be joined without the lock.
  std::vector<Thread> TakeEnded() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // False when this thread is no longer needed.
  bool AwaitJob() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Clock& clock_;
  const Options options_;

  Mutex mutex_;
  CondVar job_came_;
  CondVar thread_ended_;
  bool closing_ ABSL_GUARDED_BY(mutex_) = false;
  size_t idle_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t live_ ABSL_GUARDED_BY(mutex_) = 0;
  // Of those, on their way to their first job. For jobs that come one by one the pool grows by one
  // thread at a time, each starting the next while jobs wait: a caller of Submit pays for one at
  // most, and short jobs need few. Who submits many starts the threads for them in one go: a chain
  // of as many takes four times as long.
  size_t starting_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t last_thread_ ABSL_GUARDED_BY(mutex_) = 0;
  std::deque<Job> jobs_ ABSL_GUARDED_BY(mutex_);
  std::map<int64_t, Thread> threads_ ABSL_GUARDED_BY(mutex_);
  // Those that have ended, joined by whoever comes next.
  std::vector<int64_t> ended_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice

#endif  // SLUICE_ENGINE_WORKER_POOL_H_
