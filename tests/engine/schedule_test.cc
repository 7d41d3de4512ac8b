// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Random schedules of requests, verbs, failures and time over the fake world, and what must hold in
// each. SLUICE_SEEDS is how many, SLUICE_FIRST_SEED where they begin: a failure names its seed. The
// seed fixes what is asked for, not how the threads interleave.

#include <cstdlib>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/deployment_manager.h"
#include "engine/end_check.h"
#include "engine/random_strategy.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "strategy/deployment_state.h"
#include "support/fake_clock.h"
#include "support/fake_world.h"

namespace sluice {
namespace {

using testing::IsEmpty;

constexpr int kActions = 40;
constexpr int kTargets = 6;
constexpr int kHistory = 1000;  // Nothing is forgotten.
const char* const kServices[] = {"a", "b", "c"};

int64_t FromEnvironment(const char* name, int64_t fallback) {
  const char* text = std::getenv(name);
  int64_t value = 0;
  return text != nullptr && absl::SimpleAtoi(text, &value) ? value : fallback;
}

std::string TargetId(const std::string& service, int number) {
  return absl::StrCat(service, number);
}

// One schedule, from an empty registry until everything has ended.
class Schedule {
 public:
  explicit Schedule(uint64_t seed) : random_(seed) {
    std::vector<ServiceDefinitionPtr> definitions;
    for (const std::string service : kServices) definitions.push_back(Define(service));
    catalog_.Replace(definitions);
    world_->SetWitness([this](const WorldCall& call) { CheckMayCall(call); });
    manager_ = std::make_unique<DeploymentManager>(
        clock_, registry_, catalog_,
        EngineLimits{.max_active_deployments = 2, .max_target_calls = 8},
        [this] { return absl::StrCat("d", ++last_id_, "-"); });
  }

  void Run() {
    for (int i = 0; i < kActions; ++i) {
      Act();
      CheckOneActiveEach();
    }
    Settle();
    manager_.reset();
    const EndCheck check(*world_);
    for (const v1::DeploymentState& state : States()) {
      const int most_at_once = most_at_once_.at(state.id());
      for (const std::string& what : check.Violations(state, most_at_once)) Violated(what);
    }
  }

  std::vector<std::string> violations() const {
    MutexLock lock(mutex_);
    return violations_;
  }

 private:
  // --- What happens.

  ServiceDefinitionPtr Define(const std::string& service) {
    auto definition = std::make_shared<ServiceDefinition>();
    definition->config.set_name(service);
    definition->config.set_initial_version("v0");
    definition->ports = PortsOf(
        world_, {.min_healthy_time = absl::Seconds(Pick(3)), .deadline = absl::Seconds(20)});
    for (int i = 1; i <= kTargets; ++i) {
      definition->config.add_targets()->set_id(TargetId(service, i));
      world_->SetVersion(TargetId(service, i), "v0");
    }
    return definition;
  }

  int Pick(int count) { return sluice::Pick(count, random_); }
  std::string PickService() { return kServices[Pick(std::size(kServices))]; }

  void Act() {
    switch (Pick(12)) {
      case 0:
      case 1:
      case 2:
        return Deploy();
      case 3:
        return Disturb();
      case 4:
      case 5:
      case 6:
      case 7:
        return Advance(absl::Seconds(Pick(15)));
      default:
        return Steer();
    }
  }

  void Deploy() {
    v1::DeployRequest request;
    request.set_service(PickService());
    request.set_version(absl::StrCat("v", ++last_version_));
    request.mutable_progress_deadline()->set_seconds(60);
    request.mutable_on_failure()->set_policy(static_cast<v1::FailurePolicy>(Pick(4)));
    request.mutable_on_failure()->set_max_failed_targets(Pick(4) == 0 ? 1 : 0);
    const int at_once = PickStrategy(random_, *request.mutable_strategy());
    const auto accepted = manager_->Deploy(request);
    if (accepted.ok()) most_at_once_[(*accepted)->state().id()] = at_once;
    CheckAnswer("deploy", accepted.status());
  }

  // From now on a target, or the router of a service, behaves otherwise.
  void Disturb() {
    const CallKind kOfTargets[] = {CallKind::kDeploy, CallKind::kHealth};
    const CallKind kOfRouters[] = {CallKind::kSetTraffic, CallKind::kSwitch, CallKind::kSetFlag};
    const CallScript kBehaviours[] = {{},
                                      {},
                                      {.takes = absl::Seconds(3)},
                                      {.status = absl::UnknownError("broken")},
                                      {.hangs = true}};
    const std::string service = PickService();
    const CallScript& behaviour = kBehaviours[Pick(std::size(kBehaviours))];
    if (Pick(3) == 0) {
      return world_->Script(kOfRouters[Pick(std::size(kOfRouters))], service, "", behaviour);
    }
    const std::string target = TargetId(service, 1 + Pick(kTargets));
    world_->Script(kOfTargets[Pick(std::size(kOfTargets))], target, "", behaviour);
  }

  void Steer() {
    const auto latest = registry_.LatestOf(PickService());
    if (!latest.ok()) return;
    switch (Pick(5)) {
      case 0:
        return CheckAnswer("pause", Call(&DeploymentManager::Pause, *latest));
      case 1:
        return CheckAnswer("resume", Call(&DeploymentManager::Resume, *latest));
      case 2:
        return CheckAnswer("promote", Call(&DeploymentManager::Promote, *latest));
      case 3:
        return CheckAnswer("abort", Call(&DeploymentManager::Abort, *latest));
      default:
        return CheckAnswer("rollback", RollBack(*latest));
    }
  }

  template <typename Request>
  absl::Status Call(absl::StatusOr<SnapshotPtr> (DeploymentManager::*verb)(const Request&),
                    const std::string& id) {
    Request request;
    request.set_deployment_id(id);
    return (manager_.get()->*verb)(request).status();
  }

  absl::Status RollBack(const std::string& id) {
    v1::RollbackRequest request;
    request.set_deployment_id(id);
    return manager_->Rollback(request).status();
  }

  void Advance(absl::Duration duration) {
    clock_.Advance(duration);
    for (int i = Pick(8); i >= 0; --i) std::this_thread::yield();
  }

  // Goes on with what is paused, until everything has ended.
  void Settle() {
    for (int round = 0; round < 20'000; ++round) {
      bool running = false;
      for (const v1::DeploymentState& state : States()) {
        running = running || !IsTerminal(state.status());
        if (state.status() == v1::STATUS_PAUSED) {
          CheckAnswer("promote", Call(&DeploymentManager::Promote, state.id()));
        }
      }
      if (!running) return;
      Advance(absl::Seconds(2));
    }
    Violated("something never ended");
  }

  // --- What must hold.

  std::vector<v1::DeploymentState> States() const {
    v1::ListStatesRequest request;
    request.set_page_size(kHistory);
    const v1::ListStatesResponse response = *registry_.List(request);
    return {response.states().begin(), response.states().end()};
  }

  void Violated(const std::string& what) {
    MutexLock lock(mutex_);
    violations_.push_back(what);
  }

  // A verb is done, or refused for what the deployment is like.
  void CheckAnswer(const std::string& verb, const absl::Status& status) {
    if (!status.ok() && !absl::IsFailedPrecondition(status)) {
      Violated(absl::StrCat(verb, ": ", status.ToString()));
    }
  }

  void CheckOneActiveEach() {
    std::map<std::string, std::vector<std::string>> active;
    for (const v1::DeploymentState& state : States()) {
      if (!IsTerminal(state.status())) active[state.service()].push_back(state.id());
    }
    for (const auto& [service, ids] : active) {
      if (ids.size() > 1) Violated(absl::StrCat("active at once: ", absl::StrJoin(ids, ", ")));
    }
  }

  void CheckMayCall(const WorldCall& call) {
    const auto snapshot = registry_.Get(call.deployment_id);
    if (snapshot.ok() && !IsTerminal((*snapshot)->state().status())) return;
    Violated(absl::StrCat("a call to ", call.subject, " after ", call.deployment_id, " had ended"));
  }

  std::mt19937_64 random_;
  FakeClock clock_;
  std::shared_ptr<FakeWorld> world_ = std::make_shared<FakeWorld>(clock_);
  Registry registry_{clock_, kHistory};
  ServiceCatalog catalog_{nullptr};
  int last_id_ = 0;
  int last_version_ = 0;
  std::map<std::string, int> most_at_once_;

  mutable Mutex mutex_;
  std::vector<std::string> violations_ ABSL_GUARDED_BY(mutex_);

  // Last, so that it ends first.
  std::unique_ptr<DeploymentManager> manager_;
};

// The seeds in equal parts, so that the parts run side by side.
class ScheduleTest : public testing::TestWithParam<int64_t> {};

constexpr int64_t kParts = 10;

TEST_P(ScheduleTest, KeepsItsPromisesWhateverComes) {
  const int64_t count = FromEnvironment("SLUICE_SEEDS", 10'000);
  const int64_t first = FromEnvironment("SLUICE_FIRST_SEED", 1) + GetParam();
  for (int64_t seed = first; seed <= first + count - 1 - GetParam(); seed += kParts) {
    Schedule schedule(static_cast<uint64_t>(seed));
    schedule.Run();
    ASSERT_THAT(schedule.violations(), IsEmpty())
        << "seed " << seed << "; SLUICE_FIRST_SEED=" << seed << " SLUICE_SEEDS=1 repeats it";
  }
}

INSTANTIATE_TEST_SUITE_P(Parts, ScheduleTest, testing::Range(int64_t{0}, kParts));

}  // namespace
}  // namespace sluice
