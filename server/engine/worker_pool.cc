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
  while (live_ > 0) clock_.WaitUntil(mutex_, thread_ended_, absl::InfiniteDuration());
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
    to_join = TakeEnded();
    count = std::min(count, Room(max_waiting));
    jobs_.insert(jobs_.end(), count, job);
    if (MayStartThread(1) && !StartThread() && live_ == 0) {
      jobs_.resize(jobs_.size() - count);
      return 0;
    }
    idle = idle_;
  }
  Wake(count, idle);
  if (count > 1) StartThreads();
  return count;
}

size_t WorkerPool::Room(size_t max_waiting) const {
  const size_t busy = live_ - idle_ - starting_;
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
  if (live_ == 0) {
    return absl::ResourceExhaustedError(absl::StrCat(options_.name, ": no thread can be started"));
  }
  return absl::ResourceExhaustedError(absl::StrCat(options_.name, ": ", live_, " run and ",
                                                   jobs_.size(), " wait already; try again later"));
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

bool WorkerPool::MayStartThread(size_t at_once) const {
  const bool is_needed = jobs_.size() > idle_ + starting_;
  return is_needed && starting_ < at_once && live_ < options_.max_threads;
}

bool WorkerPool::StartThread() {
  const int64_t self = CountNewThread();
  return Keep(self, Thread::Start(clock_, options_.name, [this, self] { Work(self); }));
}

void WorkerPool::StartThreads() {
  bool is_kept = true;
  MutexLock lock(mutex_);
  while (is_kept && MayStartThread(SIZE_MAX)) {
    const int64_t self = CountNewThread();
    mutex_.Unlock();
    auto thread = Thread::Start(clock_, options_.name, [this, self] { Work(self); });
    mutex_.Lock();
    is_kept = Keep(self, std::move(thread));
  }
}

int64_t WorkerPool::CountNewThread() {
  ++live_;
  ++starting_;
  return ++last_thread_;
}

bool WorkerPool::Keep(int64_t self, absl::StatusOr<Thread> thread) {
  if (thread.ok()) {
    threads_.emplace(self, *std::move(thread));
    return true;
  }
  --live_;
  --starting_;
  return false;
}

void WorkerPool::Work(int64_t self) {
  MutexLock lock(mutex_);
  --starting_;
  while (AwaitJob()) {
    Job job = TakeJob();
    mutex_.Unlock();
    job.run();
    job.run = nullptr;
    mutex_.Lock();
    if (live_ > options_.max_threads) break;  // It was in a hurry.
  }
  --live_;
  ended_.push_back(self);
  thread_ended_.NotifyAll();
}

WorkerPool::Job WorkerPool::TakeJob() {
  Job job = std::move(jobs_.front());
  jobs_.pop_front();
  // Without one, the jobs wait for a thread to be free.
  if (MayStartThread(1)) StartThread();
  return job;
}

std::vector<Thread> WorkerPool::TakeEnded() {
  std::vector<Thread> taken;
  std::vector<int64_t> starting;  // Whoever starts it does not have it yet.
  for (const int64_t thread : ended_) {
    const auto found = threads_.find(thread);
    if (found == threads_.end()) {
      starting.push_back(thread);
      continue;
    }
    taken.push_back(std::move(found->second));
    threads_.erase(found);
  }
  ended_ = std::move(starting);
  return taken;
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
