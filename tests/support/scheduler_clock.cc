// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "support/scheduler_clock.h"

#include <execinfo.h>
#include <semaphore.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <thread>
#include <utility>

#include "absl/debugging/symbolize.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace sluice {
namespace {

// How often a thread is drawn beside the others: some are much slower than others.
constexpr int kWeights[] = {1, 8, 64};
constexpr size_t kYieldsToATurn[] = {1, 4, 16};
constexpr size_t kTurnsToASpuriousWake = 64;
constexpr size_t kMostFrames = 6;

// The calls that lead here, the innermost first.
std::string Here() {
  std::array<void*, 64> frames;
  const int count = backtrace(frames.data(), static_cast<int>(frames.size()));
  std::vector<std::string> names;
  for (int i = 0; i < count && names.size() < kMostFrames; ++i) {
    char name[256];
    // An address of return is behind the call.
    if (!absl::Symbolize(static_cast<char*>(frames[i]) - 1, name, sizeof(name))) continue;
    const bool is_of_interest =
        absl::StartsWith(name, "sluice::") && !absl::StrContains(name, "SchedulerClock");
    if (is_of_interest) names.emplace_back(name);
  }
  return absl::StrJoin(names, ", called by ");
}

[[noreturn]] void Abort(const std::string& why) {
  std::fprintf(stderr, "SchedulerClock: %s\n", why.c_str());
  std::abort();
}

// std's spins before it waits, and here every wait is long.
class Semaphore {
 public:
  Semaphore() { sem_init(&semaphore_, 0, 0); }
  ~Semaphore() { sem_destroy(&semaphore_); }
  Semaphore(const Semaphore&) = delete;
  Semaphore& operator=(const Semaphore&) = delete;

  void Release() { sem_post(&semaphore_); }
  void Acquire() {
    while (sem_wait(&semaphore_) != 0) {  // Interrupted.
    }
  }

 private:
  sem_t semaphore_;
};

}  // namespace

// One thread, and what it waits for.
class SchedulerClock::Turns final : public ScheduledThread {
 public:
  Turns(SchedulerClock& clock, std::string name, int weight)
      : clock_(clock), name_(std::move(name)), weight_(weight) {
    clock_.threads_.push_back(this);
  }
  ~Turns() override {
    if (!has_ended_) Leave();  // It never began.
  }

  void Begin() override {
    turn_.Acquire();
    id_ = std::this_thread::get_id();
  }
  void End() override {
    clock_.CheckCaller("ends");
    Leave();
    has_ended_ = true;
    clock_.Run(clock_.Choose());
  }
  void AwaitEnd() override {
    if (has_ended_) return;
    clock_.CheckCaller("joins");
    Turns& joiner = *clock_.running_;
    joiner.joined_ = this;
    joiner.is_ready_ = false;
    clock_.GiveTurn(joiner);
  }

  void GoOn() {
    is_ready_ = true;
    condition_ = nullptr;
    deadline_ = absl::InfiniteDuration();
    joined_ = nullptr;
  }

 private:
  friend class SchedulerClock;

  void Leave() { std::erase(clock_.threads_, this); }

  SchedulerClock& clock_;
  const std::string name_;
  const int weight_;
  Semaphore turn_;
  std::thread::id id_;
  bool has_ended_ = false;
  bool is_ready_ = true;
  // While it is not ready.
  const CondVar* condition_ = nullptr;
  CondVar::Notified seen_;
  absl::Duration deadline_ = absl::InfiniteDuration();
  const Turns* joined_ = nullptr;
};

SchedulerClock::SchedulerClock(uint64_t seed, OnDeadlock on_deadlock)
    : random_(seed),
      on_deadlock_(std::move(on_deadlock)),
      yields_to_a_turn_(kYieldsToATurn[Pick(std::size(kYieldsToATurn))]),
      has_spurious_wakes_(Pick(2) == 0),
      maker_(std::make_shared<Turns>(*this, "test", kWeights[Pick(std::size(kWeights))])),
      running_(maker_.get()) {
  maker_->id_ = std::this_thread::get_id();
}

SchedulerClock::~SchedulerClock() {
  if (threads_.size() > 1) Abort(absl::StrCat(threads_.back()->name_, " outlives its clock"));
}

absl::Time SchedulerClock::Now() const {
  return absl::FromUnixSeconds(1'800'000'000) + Monotonic();
}

std::shared_ptr<ScheduledThread> SchedulerClock::Adopt(const std::string& name) {
  CheckCaller("starts a thread");
  return std::make_shared<Turns>(*this, absl::StrCat(name, "-", ++last_number_),
                                 kWeights[Pick(std::size(kWeights))]);
}

void SchedulerClock::WaitUntil(Mutex& mutex, CondVar& condition, absl::Duration deadline) {
  CheckCaller("waits");
  if (deadline <= elapsed_) return;
  Turns& self = *running_;
  self.condition_ = &condition;
  self.seen_ = condition.notified();
  self.deadline_ = deadline;
  self.is_ready_ = false;
  mutex.Unlock();
  GiveTurn(self);
  mutex.Lock();
}

void SchedulerClock::Yield() {
  CheckCaller("yields");
  if (Pick(yields_to_a_turn_) == 0) GiveTurn(*running_);
}

void SchedulerClock::Advance(absl::Duration duration) {
  CheckCaller("moves the time");
  if (Pick(3) > 0) return SleepUntil(elapsed_ + duration);
  elapsed_ += duration;
  GiveTurn(*running_);
}

void SchedulerClock::SleepUntil(absl::Duration deadline) {
  if (deadline <= elapsed_) return GiveTurn(*running_);
  running_->deadline_ = deadline;
  running_->is_ready_ = false;
  GiveTurn(*running_);
}

// --- Who is next.

void SchedulerClock::CheckCaller(const char* act) const {
  if (running_->id_ == std::this_thread::get_id()) return;
  Abort(absl::StrCat("a thread ", act, " that was not started with this clock; it is the turn of ",
                     running_->name_));
}

void SchedulerClock::GiveTurn(Turns& self) {
  Turns& next = Choose();
  if (&next == &self) return;
  Run(next);
  self.turn_.Acquire();
  if (reporter_ == nullptr) return;
  report_.push_back(absl::StrCat(self.name_, " waits in ", Here()));
  reporter_->turn_.Release();
  self.turn_.Acquire();  // The process is about to end.
}

void SchedulerClock::Run(Turns& next) {
  running_ = &next;
  next.turn_.Release();
}

SchedulerClock::Turns& SchedulerClock::Choose() {
  std::vector<Turns*> ready;
  while (true) {
    Wake();
    if (has_spurious_wakes_ && Pick(kTurnsToASpuriousWake) == 0) WakeSomebody();
    std::copy_if(threads_.begin(), threads_.end(), std::back_inserter(ready),
                 [](const Turns* thread) { return thread->is_ready_; });
    if (!ready.empty()) return Draw(ready);
    if (!MoveToNextDeadline()) ReportDeadlock();
  }
}

SchedulerClock::Turns& SchedulerClock::Draw(const std::vector<Turns*>& ready) {
  int sum = 0;
  for (const Turns* thread : ready) sum += thread->weight_;
  auto left = static_cast<int>(Pick(static_cast<size_t>(sum)));
  for (Turns* thread : ready) {
    left -= thread->weight_;
    if (left < 0) return *thread;
  }
  return *ready.back();
}

void SchedulerClock::Wake() {
  for (Turns* thread : threads_) {
    if (thread->condition_ != nullptr) WakeNotified(*thread);
    const bool is_joined = thread->joined_ != nullptr && thread->joined_->has_ended_;
    if (is_joined || thread->deadline_ <= elapsed_) thread->GoOn();
  }
}

void SchedulerClock::WakeNotified(Turns& waiter) {
  const CondVar* const condition = waiter.condition_;
  const CondVar::Notified notified = condition->notified();
  if (notified.all != waiter.seen_.all) return waiter.GoOn();
  uint32_t count = notified.one - waiter.seen_.one;
  if (count == 0) return;
  // So many of those that wait for it, whichever. All have seen the same.
  std::vector<Turns*> waiting;
  std::copy_if(threads_.begin(), threads_.end(), std::back_inserter(waiting),
               [=](const Turns* thread) { return thread->condition_ == condition; });
  for (Turns* thread : waiting) thread->seen_ = notified;
  for (; count > 0 && !waiting.empty(); --count) {
    const size_t index = Pick(waiting.size());
    waiting[index]->GoOn();
    waiting.erase(waiting.begin() + static_cast<ptrdiff_t>(index));
  }
}

void SchedulerClock::WakeSomebody() {
  Turns* thread = threads_[Pick(threads_.size())];
  if (thread->condition_ != nullptr) thread->GoOn();
}

bool SchedulerClock::MoveToNextDeadline() {
  absl::Duration next = absl::InfiniteDuration();
  for (const Turns* thread : threads_) next = std::min(next, thread->deadline_);
  if (next == absl::InfiniteDuration()) return false;
  elapsed_ = next;
  return true;
}

void SchedulerClock::ReportDeadlock() {
  Turns& self = *running_;
  reporter_ = &self;
  for (Turns* thread : threads_) {
    if (thread == &self) {
      report_.push_back(absl::StrCat(self.name_, " waits in ", Here()));
      continue;
    }
    thread->turn_.Release();
    self.turn_.Acquire();
  }
  const std::string report =
      absl::StrCat("no thread can go on:\n  ", absl::StrJoin(report_, "\n  "));
  if (on_deadlock_ != nullptr) on_deadlock_(report);
  Abort(report);
}

size_t SchedulerClock::Pick(size_t count) {
  return std::uniform_int_distribution<size_t>(0, count - 1)(random_);
}

}  // namespace sluice
