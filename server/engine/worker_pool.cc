// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/worker_pool.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace sluice {

WorkerPool::WorkerPool(Clock& clock, Options options)
    : clock_(clock), options_(std::move(options)) {}

WorkerPool::~WorkerPool() {
  MutexLock lock(mutex_);
  closing_ = true;
  job_came_.NotifyAll();
  while (!threads_.empty()) clock_.WaitUntil(mutex_, thread_ended_, absl::InfiniteDuration());
}

absl::Status WorkerPool::Submit(std::function<void()> job) {
  if (options_.max_threads == 0) {
    job();
    return absl::OkStatus();
  }
  std::vector<Thread> to_join;  // Joined after the lock is released.
  MutexLock lock(mutex_);
  to_join.swap(ended_);
  const size_t free = idle_ + (starting_ ? 1 : 0) + options_.max_threads - threads_.size();
  if (jobs_.size() >= free && jobs_.size() - free >= options_.max_waiting) {
    return absl::ResourceExhaustedError(absl::StrCat(options_.name, ": ", threads_.size(),
                                                     " run and ", jobs_.size(), " wait already"));
  }
  jobs_.push_back(std::move(job));
  if (idle_ >= jobs_.size()) {
    job_came_.NotifyOne();
  } else if (MayStartThread() && !StartThread() && threads_.empty()) {
    jobs_.pop_back();
    return absl::ResourceExhaustedError(absl::StrCat(options_.name, ": no thread can be started"));
  }
  return absl::OkStatus();
}

bool WorkerPool::MayStartThread() const {
  return !starting_ && threads_.size() < options_.max_threads;
}

bool WorkerPool::StartThread() {
  const int64_t self = ++last_thread_;
  absl::StatusOr<Thread> thread = Thread::Start(options_.name, [this, self] { Work(self); });
  if (!thread.ok()) return false;
  threads_.emplace(self, *std::move(thread));
  starting_ = true;
  return true;
}

void WorkerPool::Work(int64_t self) {
  MutexLock lock(mutex_);
  starting_ = false;
  while (AwaitJob()) {
    std::function<void()> job = TakeJob();
    mutex_.Unlock();
    job();
    job = nullptr;
    mutex_.Lock();
  }
  const auto found = threads_.find(self);
  ended_.push_back(std::move(found->second));
  threads_.erase(found);
  thread_ended_.NotifyAll();
}

std::function<void()> WorkerPool::TakeJob() {
  std::function<void()> job = std::move(jobs_.front());
  jobs_.pop_front();
  // Without one, the jobs wait for a thread to be free.
  if (jobs_.size() > idle_ && MayStartThread()) StartThread();
  return job;
}

bool WorkerPool::AwaitJob() {
  const absl::Duration deadline = clock_.Monotonic() + options_.idle_time;
  ++idle_;
  while (jobs_.empty() && !closing_ && clock_.Monotonic() < deadline) {
    clock_.WaitUntil(mutex_, job_came_, deadline);
  }
  --idle_;
  return !jobs_.empty();
}

}  // namespace sluice
