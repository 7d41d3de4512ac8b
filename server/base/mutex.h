// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Mutex, MutexLock and CondVar: std's, with the annotations that clang's thread safety analysis
// reads. Used instead of absl::Mutex, whose prebuilt library gives false ThreadSanitizer reports.

#ifndef SLUICE_BASE_MUTEX_H_
#define SLUICE_BASE_MUTEX_H_

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

#include "absl/base/thread_annotations.h"

namespace sluice {

class ABSL_LOCKABLE Mutex {
 public:
  Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  void Lock() ABSL_EXCLUSIVE_LOCK_FUNCTION() { mutex_.lock(); }
  void Unlock() ABSL_UNLOCK_FUNCTION() { mutex_.unlock(); }
  // Tells the analysis, not the machine, that the lock is held: inside a lambda that runs under it.
  void AssertHeld() const ABSL_ASSERT_EXCLUSIVE_LOCK() {}

 private:
  friend class CondVar;
  std::mutex mutex_;
};

class ABSL_SCOPED_LOCKABLE MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) ABSL_EXCLUSIVE_LOCK_FUNCTION(mutex) : mutex_(mutex) {
    mutex_.Lock();
  }
  ~MutexLock() ABSL_UNLOCK_FUNCTION() { mutex_.Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

// Waits may end without a reason: callers check their condition in a loop.
class CondVar {
 public:
  // How often it was notified. A clock that schedules threads itself sees by it whose wait is over.
  struct Notified {
    uint32_t one = 0;
    uint32_t all = 0;
  };

  void Wait(Mutex& mutex) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    condition_.wait(lock);
    lock.release();
  }
  void WaitUntil(Mutex& mutex, std::chrono::steady_clock::time_point deadline)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    condition_.wait_until(lock, deadline);
    lock.release();
  }
  void NotifyOne() {
    notified_one_.fetch_add(1, std::memory_order_relaxed);
    condition_.notify_one();
  }
  void NotifyAll() {
    notified_all_.fetch_add(1, std::memory_order_relaxed);
    condition_.notify_all();
  }
  Notified notified() const {
    return {notified_one_.load(std::memory_order_relaxed),
            notified_all_.load(std::memory_order_relaxed)};
  }

 private:
  std::atomic<uint32_t> notified_one_{0};
  std::atomic<uint32_t> notified_all_{0};
  std::condition_variable condition_;
};

}  // namespace sluice

#endif  // SLUICE_BASE_MUTEX_H_
