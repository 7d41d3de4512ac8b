// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The whole engine on a fake clock and a fake world, with one configured service "shop" of as many
// targets as the test wants. For the test's thread.

#ifndef SLUICE_TESTS_ENGINE_ENGINE_FIXTURE_H_
#define SLUICE_TESTS_ENGINE_ENGINE_FIXTURE_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/deployment_manager.h"
#include "gtest/gtest.h"
#include "support/crash_store.h"
#include "support/fake_clock.h"
#include "support/fake_world.h"

namespace sluice {

class EngineTest : public testing::Test {
 protected:
  // `request` as a text proto, laid over a deploy of shop 2.0 in batches of one without delay.
  static v1::DeployRequest Request(const std::string& text = "");

  // Services with the targets t1, t2 ... on version 1.0, and a deployer that knows it.
  void Configure(int targets, const std::vector<std::string>& services = {"shop"});
  void Start(const EngineLimits& limits = {});
  // As Start, on what store_ holds; a store that is not there yet is empty.
  void StartDurable(const EngineLimits& limits = {});
  // The end of the process: nothing more is written, and calls that run are cut.
  void Crash();
  // As Configure and Start.
  void StartWith(int targets, const EngineLimits& limits = {});

  // Has the request accepted, durably where records are, and returns the id.
  std::string Deploy(const v1::DeployRequest& request);
  v1::DeploymentState Get(const std::string& id) const;
  // Blocks until the record is so; the clock stands still.
  v1::DeploymentState Await(const std::string& id,
                            const std::function<bool(const v1::DeploymentState&)>& is_so) const;
  v1::DeploymentState AwaitStatus(const std::string& id, v1::Status status) const;
  v1::DeploymentState AwaitEnd(const std::string& id) const;
  // As AwaitEnd, while the clock moves by a second again and again.
  v1::DeploymentState RunToEnd(const std::string& id);
  // A deployment from the request to its end.
  v1::DeploymentState Run(const v1::DeployRequest& request) { return RunToEnd(Deploy(request)); }

  absl::Status Pause(const std::string& id, const std::string& reason = "");
  absl::Status Resume(const std::string& id);
  absl::Status Promote(const std::string& id, bool full = false);
  absl::Status Abort(const std::string& id, const std::string& reason = "");
  absl::Status Rollback(const std::string& id, const std::string& to_version = "");

  void MakeManager(const EngineLimits& limits);
  void FailDeploy(const std::string& target, const std::string& version);
  void HangDeploy(const std::string& target, const std::string& version);
  // Lets the time pass that the deployment has left, once so many calls of the kind have begun and
  // nothing else is left to wait for.
  void HangFor(absl::Duration left, CallKind kind, size_t calls);
  void FailHealth(const std::string& target, const std::string& version);
  // "t1=2.0" for each deploy call, in the order in which they began.
  std::vector<std::string> Deploys() const;
  // The versions of t1, t2 ...
  std::vector<std::string> Versions() const;

  FakeClock clock_;
  std::shared_ptr<FakeWorld> world_ = std::make_shared<FakeWorld>(clock_);
  std::unique_ptr<CrashStore> store_;  // null: in memory alone
  std::unique_ptr<Registry> registry_;
  std::unique_ptr<Journal> journal_;
  ServiceCatalog catalog_{nullptr};
  int targets_ = 0;
  int last_id_ = 0;
  std::unique_ptr<DeploymentManager> manager_;
};

}  // namespace sluice

#endif  // SLUICE_TESTS_ENGINE_ENGINE_FIXTURE_H_
