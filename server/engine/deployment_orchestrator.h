// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Carries one accepted deployment to its end, on a worker thread: finds out what runs, runs the
// plan, follows the failure policy, and runs the way back. Everything it learns goes into the
// record.

#ifndef SLUICE_ENGINE_DEPLOYMENT_ORCHESTRATOR_H_
#define SLUICE_ENGINE_DEPLOYMENT_ORCHESTRATOR_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/run_context.h"
#include "engine/runner.h"
#include "engine/way_back.h"

namespace sluice {

class DeploymentOrchestrator {
 public:
  explicit DeploymentOrchestrator(RunContext context) : context_(context) {}

  // From where the record is to a terminal status: just begun (BeginDeployment, StartRollback), or
  // wherever an earlier run of the daemon has left it.
  void Run();
  // `what` has escaped Run: the deployment ends where it is, unless it has ended.
  void FailInternally(const std::string& what);

 private:
  void Deploy();
  void Rollback();
  void LearnPreviousVersions();
  // Those whose version the daemon does not know from earlier deployments.
  std::vector<int> TargetsToAsk() const;
  // Leaves the answers as they are where the deployer cannot tell.
  Interrupt AskTargets(const std::vector<int>& unknown,
                       std::vector<absl::StatusOr<std::string>>& answers);
  absl::StatusOr<std::string> AskTarget(int index);
  void RecordPreviousVersions(const std::vector<int>& asked,
                              const std::vector<absl::StatusOr<std::string>>& answers);
  // What follows from how the run of a plan ended.
  void Settle(const RunOutcome& outcome);
  void FollowPolicy(const RunOutcome& outcome);
  void RollBack(v1::Reason reason, const std::string& message);
  // COMPLETED or ROLLED_BACK, unless a verb comes first.
  void Finish();
  void FailWith(v1::Reason reason, const std::string& message);
  Runner::Policy Policy() const;
  // `what`, with the words of who asked for it.
  std::string InTheirWords(const std::string& what) const;

  RunContext context_;
};

// Turns the record of a deployment that waits for a worker into one that has it; another stays as
// it is.
void BeginDeployment(v1::DeploymentState& state, absl::Time now);

// Turns the record of a deployment that ended or was stopped into one that rolls back.
void StartRollback(v1::DeploymentState& state);

}  // namespace sluice

#endif  // SLUICE_ENGINE_DEPLOYMENT_ORCHESTRATOR_H_
