// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Runs a plan step by step through the ports, in the calling thread: the one executor of every
// strategy. The record's cursor says where it is; the Control says when to wait or to stop.

#ifndef SLUICE_ENGINE_RUNNER_H_
#define SLUICE_ENGINE_RUNNER_H_

#include <functional>
#include <string>
#include <vector>

#include "engine/router_call.h"
#include "engine/run_context.h"
#include "engine/run_outcome.h"
#include "engine/run_so_far.h"
#include "sluice/v1/plan.pb.h"

namespace sluice {

class Runner {
 public:
  // With `go_on` failures are counted and the next steps done, until a check or a switch stops.
  // Otherwise the first step with more than `tolerated` failed targets (over the whole run) ends
  // it.
  struct Policy {
    bool go_on = false;
    int tolerated = 0;
    // Of a deployment: what it does is not counted in the result as the deployment's own work, and
    // a switch leaves the deployment's version without traffic.
    bool is_way_back = false;
    // A stage counts the targets that had the version before: an operator means what runs it. The
    // classes of the specification count what they have updated.
    bool counts_ahead = false;
  };

  Runner(RunContext context, Policy policy);

  // Runs the record's plan from its current_step, and that one from where it is.
  RunOutcome Run();

 private:
  RunOutcome RunStep(int index, const v1::Step& step);
  RunOutcome Do(int index, const v1::DeployTargets& step);
  RunOutcome Do(const v1::CheckSuccessRate& step);
  RunOutcome Do(const v1::SetTraffic& step);
  RunOutcome Do(const v1::SwitchTraffic& step);
  RunOutcome Do(const v1::SetFlag& step);
  RunOutcome DoWait(int index);
  RunOutcome Do(int index, const v1::Gate& step);

  // Whether to be cut short here leaves the record as it is, for the next start of the daemon.
  bool Suspended(Interrupt interrupt) const;
  // Everything so far is durable; otherwise nothing may be touched any more.
  Interrupt AwaitDurable();
  // Targets that may or may not have been deployed when the daemon ended.
  RunOutcome JudgeUncertain(int index, const std::vector<int>& targets);
  void BeginStep(int index);
  void EndStep(int index, const RunOutcome& outcome);
  // The plan goes on past this failure, but cannot end well any more.
  void PassOver(const RunOutcome& failure);
  // What a step changes besides its targets is recorded together with its end: done again after the
  // daemon's end it must not count twice.
  using StepChange = std::function<void(v1::DeploymentState&, v1::Step&)>;
  void AtEnd(StepChange change) { at_end_.push_back(std::move(change)); }
  void RecordTally();
  void RecordSwitch(const std::string& slot);
  void RecordTraffic(double percentage);
  // The router's answer as an outcome; the interrupt when that is why it failed.
  RunOutcome Routed(const std::string& version, const RouterCall& call, const std::string& what);

  RunContext context_;
  const Policy policy_;
  v1::Plan plan_;
  std::string version_;  // the deployment's, of which traffic and flag are shares both ways
  TargetIndex index_of_;
  RunSoFar so_far_;
  std::vector<StepChange> at_end_;
};

}  // namespace sluice

#endif  // SLUICE_ENGINE_RUNNER_H_
