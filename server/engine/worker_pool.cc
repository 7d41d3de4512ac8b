// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/worker_pool.h"

#include <algorithm>
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

absl::Status WorkerPool::Submit(std::function<void()> job, const void* owner) {
  if (Add({std::move(job), owner}, 1, options_.max_waiting) == 1) return absl::OkStatus();
  return Full();
}

absl::Status WorkerPool::SubmitAlways(std::function<void()> job, const void* owner) {
  return Add({std::move(job), owner}, 1, SIZE_MAX) == 1 ? absl::OkStatus() : Full();
}

size_t WorkerPool::SubmitCopies(size_t count, const std::function<void()>& job, const void* owner) {
  return Add({job, owner}, count, options_.max_waiting);
}

size_t WorkerPool::Add(const Job& job, size_t count, size_t max_waiting) {
  if (options_.max_threads == 0) {
    for (size_t i = 0; i < count; ++i) job.run();
    return count;
  }
  std::vector<Thread> to_join;  // Joined after the lock is released.
  size_t idle = 0;
  {
    MutexLock lock(mutex_);
    to_join.swap(ended_);
    count = std::min(count, Room(max_waiting));
    jobs_.insert(jobs_.end(), count, job);
    if (jobs_.size() > idle_ && MayStartThread() && !StartThread() && threads_.empty()) {
      jobs_.clear();  // Without a thread there are no others.
      return 0;
    }
    idle = idle_;
  }
  Wake(count, idle);
  return count;
}

size_t WorkerPool::Room(size_t max_waiting) const {
  const size_t busy = threads_.size() - idle_ - (starting_ ? 1 : 0);
  const size_t free = options_.max_threads - std::min(busy, options_.max_threads);
  const size_t most = free + std::min(max_waiting, SIZE_MAX - free);
  return most - std::min(jobs_.size(), most);
}

void WorkerPool::Wake(size_t count, size_t idle) {
  if (count > 1 && count > idle / 2) return job_came_.NotifyAll();
  for (size_t i = 0; i < std::min(count, idle); ++i) job_came_.NotifyOne();
}

absl::Status WorkerPool::Full() {
  MutexLock lock(mutex_);
  if (threads_.empty()) {
    return absl::ResourceExhaustedError(absl::StrCat(options_.name, ": no thread can be started"));
  }
  return absl::ResourceExhaustedError(absl::StrCat(options_.name, ": ", threads_.size(),
                                                   " run and ", jobs_.size(),
                                                   " wait already; try again later"));
}

void WorkerPool::Hurry(const void* owner) {
  MutexLock lock(mutex_);
  const auto found = std::find_if(jobs_.begin(), jobs_.end(),
                                  [owner](const Job& job) { return job.owner == owner; });
  if (found == jobs_.end()) return;
  Job job = std::move(*found);
  jobs_.erase(found);
  jobs_.push_front(std::move(job));
  if (idle_ > 0) {
    job_came_.NotifyOne();
  } else {
    StartThread();  // Without one it waits for a thread to be free.
  }
}

size_t WorkerPool::Withdraw(const void* owner) {
  std::deque<Job> withdrawn;  // What they hold ends after the lock is released.
  MutexLock lock(mutex_);
  std::deque<Job> others;
  for (Job& job : jobs_) (job.owner == owner ? withdrawn : others).push_back(std::move(job));
  jobs_.swap(others);
  return withdrawn.size();
}

bool WorkerPool::MayStartThread() const {
  return !starting_ && threads_.size() < options_.max_threads;
}

bool WorkerPool::StartThread() {
  const int64_t self = ++last_thread_;
  absl::StatusOr<Thread> thread =
      Thread::Start(clock_, options_.name, [this, self] { Work(self); });
  if (!thread.ok()) return false;
  threads_.emplace(self, *std::move(thread));
  starting_ = true;
  return true;
}

void WorkerPool::Work(int64_t self) {
  MutexLock lock(mutex_);
  starting_ = false;
  while (AwaitJob()) {
    Job job = TakeJob();
    mutex_.Unlock();
    job.run();
    job.run = nullptr;
    mutex_.Lock();
    if (threads_.size() > options_.max_threads) break;  // It was in a hurry.
  }
  const auto found = threads_.find(self);
  ended_.push_back(std::move(found->second));
  threads_.erase(found);
  thread_ended_.NotifyAll();
}

WorkerPool::Job WorkerPool::TakeJob() {
  Job job = std::move(jobs_.front());
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
