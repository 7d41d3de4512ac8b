// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Carries out one DeployTargets step: the calls to its targets, so many at a time, each followed by
// its health check. Made and run by a Runner on the deployment's worker; the calls run on the pool.

#ifndef SLUICE_ENGINE_TARGET_STEP_H_
#define SLUICE_ENGINE_TARGET_STEP_H_

#include <atomic>
#include <cstddef>
#include <string>
#include <vector>

#include "engine/call_workers.h"
#include "engine/run_context.h"
#include "sluice/v1/plan.pb.h"

namespace sluice {

// This target belongs to the plan's present run of step `index`, in this or an earlier run of the
// daemon.
bool WasBegunIn(int index, const v1::TargetState& target);
// An earlier run of the daemon began to deploy it in step `index`, and nobody knows what came of
// it.
bool IsUncertain(const v1::TargetState& target, int index);

// Why the last call to this target, which has failed, did so.
v1::Reason FailureReasonOf(const v1::TargetState& target);

class TargetStep {
 public:
  // `targets` are indices into the record's targets.
  TargetStep(const RunContext& context, int step_index, const v1::DeployTargets& step,
             const std::string& version, std::vector<int> targets);

  // What became of the step's targets.
  struct Tally {
    int succeeded = 0;
    int failed = 0;
    // The first failure in target order; kNone when there is none.
    v1::Reason reason = v1::REASON_UNSPECIFIED;
    std::string message;
    Interrupt interrupt = Interrupt::kNone;
    // Every failure, in target order.
    std::vector<std::string> errors;
  };

  // Blocks until all calls have returned, also when it is interrupted. Stops beginning new calls
  // after more than `tolerated` failures. The targets are recorded as they go, the tally is not.
  Tally Run(int tolerated);

 private:
  struct Outcome {
    v1::Reason reason = v1::REASON_UNSPECIFIED;
    std::string error;
    bool attempted = false;
    bool cancelled = false;
  };
  // What the drivers said of a target, for people.
  struct Words {
    std::string output;      // the deployer's; recorded where it failed
    std::string last_check;  // empty: there was none
  };

  // Takes over what an earlier run of the daemon has done of this step.
  void Recall();
  // How many targets may be at work at once.
  size_t Limit() const;
  // One of the concurrent workers: takes targets until there are none or it is to stop.
  void WorkThroughTargets();
  Outcome DeployOne(int target);
  // Deploys it, or finds that an earlier run of the daemon has. No error is recorded yet.
  CallResult BringTo(int target, TargetCall& call);
  Outcome CheckOne(int target, const TargetCall& call);
  // `status` is OK or why, by `reason`, it failed.
  Outcome End(int target, v1::Reason reason, const absl::Status& status, const Words& words);
  TargetCall CallOf(int target, const v1::DeploymentState& state) const;
  TargetCall BeginCall(int target);
  // If one was cancelled as the daemon drained, it had done its work all the same.
  void ForgetCancelledCall(int target);
  Tally Collect() const;
  // Of todo_, as many as are to be done.
  size_t TodoEnd() const { return give_up_ ? begun_ : todo_.size(); }

  const RunContext& context_;
  const int step_index_;
  const v1::DeployTargets& step_;
  const std::string version_;
  const std::vector<int> targets_;
  const std::stop_token stop_;
  std::vector<Outcome> outcomes_;
  // Indices into targets_: first those that an earlier run of the daemon has begun, which are ended
  // whatever fails, as they were to be then.
  std::vector<size_t> todo_;
  size_t begun_ = 0;
  int tolerated_ = 0;
  std::atomic<size_t> next_{0};
  std::atomic<int> failures_{0};
  std::atomic<bool> give_up_{false};
  CallWorkers workers_;
};

}  // namespace sluice

#endif  // SLUICE_ENGINE_TARGET_STEP_H_
