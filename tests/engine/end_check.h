// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// What must hold of a deployment that has ended, judged by what the world was told and answered.
// Used by the schedule test once nothing moves any more.

#ifndef SLUICE_TESTS_ENGINE_END_CHECK_H_
#define SLUICE_TESTS_ENGINE_END_CHECK_H_

#include <string>
#include <vector>

#include "sluice/v1/deployment.pb.h"
#include "support/fake_world.h"

namespace sluice {

// For one thread.
class EndCheck {
 public:
  // `world` must outlive this, and is no longer called. After crashes the record of a deployment
  // that was aborted before its step was done again may lag behind the router.
  explicit EndCheck(const FakeWorld& world, bool after_crashes = false)
      : world_(world), calls_(world.calls()), after_crashes_(after_crashes) {}

  // What does not hold; empty when all is well. `most_at_once` is how many targets the deployment's
  // strategy may call at a time.
  std::vector<std::string> Violations(const v1::DeploymentState& state, int most_at_once) const;

 private:
  std::string AtOnce(const v1::DeploymentState& state, int allowed) const;
  std::string TargetsCompleted(const v1::DeploymentState& state) const;
  std::string TargetsRolledBack(const v1::DeploymentState& state) const;
  // The router's last answer left the traffic, the slot or the flag where this end says it is.
  std::string Routed(const v1::DeploymentState& state) const;
  // The record has the share that the router took last.
  std::string Recorded(const v1::DeploymentState& state) const;
  // The shares grew, until they were taken back.
  std::string Grew(const v1::DeploymentState& state) const;

  // All that the deployment told the router, in order.
  std::vector<WorldCall> RouterCalls(const v1::DeploymentState& state) const;
  // The last call of this kind that the deployment made to `subject`; null when it made none.
  const WorldCall* LastCall(const v1::DeploymentState& state, CallKind kind,
                            const std::string& subject) const;
  bool IsHealthyOn(const v1::DeploymentState& state, const std::string& target,
                   const std::string& version) const;

  const FakeWorld& world_;
  const std::vector<WorldCall> calls_;
  const bool after_crashes_;
};

}  // namespace sluice

#endif  // SLUICE_TESTS_ENGINE_END_CHECK_H_
