// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/control.h"

#include <algorithm>

namespace sluice {

Control::Control(Clock& clock, absl::Duration progress_deadline)
    : clock_(clock), progress_deadline_(progress_deadline), last_progress_(clock.Monotonic()) {}

void Control::Pause() {
  MutexLock lock(mutex_);
  paused_ = true;
  changed_.NotifyAll();
}

void Control::Resume() {
  MutexLock lock(mutex_);
  paused_ = false;
  last_progress_ = clock_.Monotonic();
  changed_.NotifyAll();
}

void Control::Promote(bool full) {
  MutexLock lock(mutex_);
  promote_all_ = promote_all_ || full;
  promote_ = in_wait_;  // A promote while calls run would end a wait that nobody has seen yet.
  paused_ = false;
  last_progress_ = clock_.Monotonic();
  changed_.NotifyAll();
}

void Control::Stop(Interrupt reason) {
  MutexLock lock(mutex_);
  StopLocked(reason);
}

void Control::CancelCalls() {
  std::stop_source stop(std::nostopstate);
  {
    MutexLock lock(mutex_);
    if (Ended()) stop = stop_;
  }
  stop.request_stop();
}

void Control::AnnounceWait() {
  MutexLock lock(mutex_);
  BeginWait();
}

Interrupt Control::SafePoint() {
  MutexLock lock(mutex_);
  return SafePointLocked();
}

Interrupt Control::AwaitWayBack() {
  MutexLock lock(mutex_);
  while (HoldsWayBackLocked()) BlockUntil(absl::InfiniteDuration());
  return interrupt_;
}

Interrupt Control::Wait(absl::Duration duration) {
  MutexLock lock(mutex_);
  BeginWait();
  absl::Duration left = duration;
  while (left > absl::ZeroDuration() && !Ended() && !Promoted()) {
    const absl::Duration begin = clock_.Monotonic();
    if (paused_) {
      BlockUntil(absl::InfiniteDuration());
      continue;
    }
    BlockUntil(begin + left);
    left -= clock_.Monotonic() - begin;
  }
  in_wait_ = false;
  last_progress_ = clock_.Monotonic();
  return interrupt_;
}

Interrupt Control::Gate() {
  MutexLock lock(mutex_);
  BeginWait();
  while (paused_ && !Ended() && !Promoted()) BlockUntil(absl::InfiniteDuration());
  in_wait_ = false;
  last_progress_ = clock_.Monotonic();
  return interrupt_;
}

Interrupt Control::Await(const std::function<bool(Interrupt)>& done) {
  MutexLock lock(mutex_);
  while (!done(interrupt_)) {
    if (Ended() || paused_) {
      BlockUntil(absl::InfiniteDuration());
      continue;
    }
    const absl::Duration deadline = last_progress_ + progress_deadline_;
    if (clock_.Monotonic() >= deadline) {
      StopLocked(Interrupt::kDeadline);
      std::stop_source stop = stop_;
      mutex_.Unlock();
      stop.request_stop();
      mutex_.Lock();
      continue;
    }
    BlockUntil(deadline);
  }
  return interrupt_;
}

void Control::Progress() {
  MutexLock lock(mutex_);
  last_progress_ = clock_.Monotonic();
}

void Control::EndCall(std::atomic<int>& running) {
  MutexLock lock(mutex_);
  if (--running == 0) changed_.NotifyAll();
}

std::stop_token Control::stop_token() const {
  MutexLock lock(mutex_);
  return stop_.get_token();
}

Interrupt Control::interrupt() const {
  MutexLock lock(mutex_);
  return interrupt_;
}

bool Control::paused() const {
  MutexLock lock(mutex_);
  return paused_;
}

bool Control::HoldsWayBack() const {
  MutexLock lock(mutex_);
  return HoldsWayBackLocked();
}

bool Control::MayBeginCall() const {
  MutexLock lock(mutex_);
  return !paused_ && !Ended();
}

bool Control::MayBePromoted() const {
  MutexLock lock(mutex_);
  return in_wait_ || paused_;
}

bool Control::promoted_all() const {
  MutexLock lock(mutex_);
  return promote_all_;
}

void Control::BeginRollback() {
  MutexLock lock(mutex_);
  interrupt_ = Interrupt::kNone;
  paused_ = false;
  promote_ = false;
  promote_all_ = false;
  last_progress_ = clock_.Monotonic();
  stop_ = std::stop_source();
}

bool Control::Ended() const { return interrupt_ != Interrupt::kNone; }

bool Control::HoldsWayBackLocked() const { return paused_ && interrupt_ < Interrupt::kRollback; }

void Control::BlockUntil(absl::Duration deadline) { clock_.WaitUntil(mutex_, changed_, deadline); }

Interrupt Control::SafePointLocked() {
  while (paused_ && !Ended()) BlockUntil(absl::InfiniteDuration());
  return interrupt_;
}

void Control::StopLocked(Interrupt reason) {
  interrupt_ = std::max(interrupt_, reason);
  changed_.NotifyAll();
}

void Control::BeginWait() {
  if (in_wait_) return;
  in_wait_ = true;
  promote_ = false;  // One that came as the wait before ended was meant for that one.
}

bool Control::Promoted() const { return promote_all_ || promote_; }

}  // namespace sluice
