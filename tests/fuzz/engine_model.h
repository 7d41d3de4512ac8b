// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// What the engine promises, told as simply as it can be: which requests are taken, what may follow
// what, which records are kept, what a watcher sees. The fuzz target of operations holds it against
// the engine whenever that is at rest. What does not hold ends the process.

#ifndef SLUICE_TESTS_FUZZ_ENGINE_MODEL_H_
#define SLUICE_TESTS_FUZZ_ENGINE_MODEL_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "engine/transition.h"
#include "fuzz/scripted_world.h"
#include "sluice/v1/deployment_service.pb.h"

namespace sluice {

class EngineModel {
 public:
  EngineModel(const ScriptedWorld& world, size_t history) : world_(world), history_(history) {}

  struct Answer {
    absl::StatusCode code;
    std::string id;  // when the request was made before: of what it made
  };
  // What a valid request has to be answered with; `content` is all of it.
  Answer OfDeploy(const v1::DeployRequest& request, const std::string& content) const;
  // UNKNOWN when it may be taken or refused.
  Answer OfRollback(const v1::RollbackRequest& request, const std::string& content) const;
  absl::StatusCode OfVerb(Verb verb, const std::string& id) const;
  // It was taken, and made or changed the deployment.
  void Taken(const std::string& request_id, const std::string& content, const std::string& id);

  // The records, as they are listed, when the engine is at rest. Since the last time only
  // `subjects` were acted on; with `time` also everything that waits may have changed.
  void See(const std::vector<v1::DeploymentState>& newest_first,
           const std::set<std::string>& subjects, bool time);
  // A watcher got the state, or has got all that there is, or must begin anew.
  void Watched(const v1::DeploymentState& state);
  void WatchedAll() const;
  void WatchBeginsAnew();
  bool has_pruned() const { return has_pruned_; }

  const std::vector<v1::DeploymentState>& records() const { return records_; }
  const v1::DeploymentState* Find(const std::string& id) const;

 private:
  // Of the service's deployment that has not ended; null when there is none.
  const v1::DeploymentState* ActiveOf(const std::string& service) const;
  const v1::DeploymentState* LatestOf(const std::string& service) const;
  Answer MadeBefore(const std::string& request_id, const std::string& content) const;
  void CheckChange(const v1::DeploymentState* before, const v1::DeploymentState& after,
                   bool is_subject, bool time) const;
  void CheckEnd(const v1::DeploymentState& state) const;
  void Prune(const std::string& service);

  const ScriptedWorld& world_;
  const size_t history_;
  std::vector<v1::DeploymentState> records_;  // that are kept, the oldest first
  int64_t revision_ = 0;                      // the newest that was seen
  bool has_pruned_ = false;
  std::map<std::string, std::pair<std::string, std::string>> requests_;  // id → content, deployment
  std::set<std::string> hindered_;  // while they were active, something failed
  // Terminal states of what is kept, by revision, and those that a watcher has still to be told.
  std::map<int64_t, std::string> ends_;
  std::map<int64_t, std::string> untold_;
  int64_t watched_ = 0;
};

bool HasEnded(const v1::DeploymentState& state);

}  // namespace sluice

#endif  // SLUICE_TESTS_FUZZ_ENGINE_MODEL_H_
