// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Steers one deployment while it runs: pause, promote, abort, rollback, and the progress deadline.
// The only place in the engine that waits. The verbs come from RPC threads (under the record's
// lock, so that a verb and the end of a run cannot cross), the waits from the deployment's worker.

#ifndef SLUICE_ENGINE_CONTROL_H_
#define SLUICE_ENGINE_CONTROL_H_

#include <atomic>
#include <functional>
#include <stop_token>

#include "absl/time/time.h"
#include "base/clock.h"
#include "base/mutex.h"

namespace sluice {

// What cuts a run short; the later ones win over the earlier ones.
enum class Interrupt { kNone, kDeadline, kRollback, kAbort, kShutdown };

// Thread-safe.
class Control {
 public:
  Control(Clock& clock, absl::Duration progress_deadline);

  // --- The verbs.
  void Pause();
  void Resume();
  // Ends the present wait or gate; with `full` all that follow too.
  void Promote(bool full);
  // Ends every wait. kNone is not a reason. CancelCalls must follow.
  void Stop(Interrupt reason);
  // Cancels the calls of an interrupted run. Runs the drivers' cancel callbacks, so it is called
  // without any lock.
  void CancelCalls();

  // --- For the worker. Each returns what interrupted it, kNone when it came to its end.
  // Waits while paused.
  Interrupt SafePoint();
  // Before a way back that nobody asked for: waits while paused, as SafePoint does, but the passed
  // deadline that the way back follows is no reason to go on.
  Interrupt AwaitWayBack();
  // A wait or gate is about to begin: a promote that comes before it does ends it already. Called
  // under the record's lock, in the change that shows the wait.
  void AnnounceWait();
  // Waits for `duration`, frozen while paused. A promote ends it.
  Interrupt Wait(absl::Duration duration);
  // Waits for a promote or a resume.
  Interrupt Gate();
  // Waits until `done`, which is asked anew when the last call has ended and when the run is
  // interrupted, and told by what; fails by the progress deadline. Not frozen by a pause: it waits
  // for calls that run.
  Interrupt Await(const std::function<bool(Interrupt)>& done);
  // Something moved: the progress deadline starts anew.
  void Progress();
  // One of the calls that Await waits for has ended: decrements the count, and at zero makes Await
  // ask again. Await cannot return between the two, so the count may live in the awaiting frame.
  void EndCall(std::atomic<int>& running);

  // Requested when the run is interrupted; for the calls of this run.
  std::stop_token stop_token() const;
  Interrupt interrupt() const;
  bool paused() const;
  // Paused, and no verb has come that goes before a pause.
  bool HoldsWayBack() const;
  // Neither paused nor interrupted.
  bool MayBeginCall() const;
  // In a wait, at a gate, or paused: there is something that a promote ends.
  bool MayBePromoted() const;
  // A full promote came: no gate is to be waited at.
  bool promoted_all() const;
  // The way back begins: forgets the interrupt, the pause and the promote, makes a new stop token.
  void BeginRollback();

 private:
  bool HoldsWayBackLocked() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool Ended() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void BlockUntil(absl::Duration deadline) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Interrupt SafePointLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void StopLocked(Interrupt reason) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void BeginWait() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool Promoted() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Clock& clock_;
  const absl::Duration progress_deadline_;

  mutable Mutex mutex_;
  CondVar changed_;
  Interrupt interrupt_ ABSL_GUARDED_BY(mutex_) = Interrupt::kNone;
  bool paused_ ABSL_GUARDED_BY(mutex_) = false;
  bool in_wait_ ABSL_GUARDED_BY(mutex_) = false;
  bool promote_ ABSL_GUARDED_BY(mutex_) = false;
  bool promote_all_ ABSL_GUARDED_BY(mutex_) = false;
  // On the monotonic clock.
  absl::Duration last_progress_ ABSL_GUARDED_BY(mutex_);
  std::stop_source stop_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice

#endif  // SLUICE_ENGINE_CONTROL_H_
