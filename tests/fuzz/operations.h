// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// A sequence of operations on the whole engine, as bytes say: requests and repetitions of them,
// verbs, failures of targets and of the router, time, restarts on the records, reads. After each,
// the engine comes to rest and the model is held against it.

#ifndef SLUICE_TESTS_FUZZ_OPERATIONS_H_
#define SLUICE_TESTS_FUZZ_OPERATIONS_H_

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "engine/deployment_manager.h"
#include "fuzz/engine_model.h"
#include "fuzz/rest_clock.h"
#include "fuzz/scripted_world.h"
#include "support/crash_store.h"

namespace sluice {

class Operations {
 public:
  // With `trace` every operation is printed.
  Operations(const uint8_t* bytes, size_t size, bool trace);
  ~Operations();

  void Run();

 private:
  uint8_t Byte();
  void Start();
  void Stop();
  void Act();
  void Restart();
  void Deploy();
  void Repeat();
  void Rollback();
  void Steer(Verb verb);
  void Watch();
  void Read();
  void Send(const v1::DeployRequest& request, bool is_valid);
  void Send(const v1::RollbackRequest& request);
  std::string PickId();
  std::string PickRequestId();

  // Until every deployment has ended, is paused or waits; then compares, with what was acted on.
  void Settle(const std::set<std::string>& subjects, bool time = false);
  bool IsAtRest(const RestClock::Deadlines& deadlines) const;
  std::vector<v1::DeploymentState> List(int page_size) const;
  void Check(const std::string& what, const absl::Status& status, absl::StatusCode expected) const;
  void Trace(const std::string& line) const;

  const uint8_t* bytes_;
  const uint8_t* const end_;
  const bool trace_;
  const bool is_durable_;
  const size_t history_;
  RestClock clock_;
  std::shared_ptr<ScriptedWorld> world_ = std::make_shared<ScriptedWorld>();
  EngineModel model_;
  ServiceCatalog catalog_{nullptr};
  CrashStore store_;
  std::vector<v1::DeployRequest> deploys_;  // that were taken
  int64_t cursor_ = 0;
  int64_t begun_ = 0;
  int last_id_ = 0;
  std::unique_ptr<Registry> registry_;
  std::unique_ptr<Journal> journal_;
  std::unique_ptr<DeploymentManager> manager_;
};

}  // namespace sluice

#endif  // SLUICE_TESTS_FUZZ_OPERATIONS_H_
