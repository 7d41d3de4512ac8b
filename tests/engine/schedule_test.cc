// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Random schedules of requests, verbs, failures and time over the fake world, and what must hold in
// each. SLUICE_SEEDS is how many, SLUICE_FIRST_SEED where they begin: a failure names its seed. The
// seed fixes what is asked for, not how the threads interleave.

#include <algorithm>
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
#include "engine/way_back.h"
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
constexpr int kRollbackBatch = 5;
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
    for (const v1::DeploymentState& state : States()) CheckEnd(state);
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

  int Pick(int count) { return std::uniform_int_distribution<int>(0, count - 1)(random_); }
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
    const int at_once = PickStrategy(*request.mutable_strategy());
    const auto accepted = manager_->Deploy(request);
    if (accepted.ok()) most_at_once_[(*accepted)->state().id()] = at_once;
    CheckAnswer("deploy", accepted.status());
  }

  // Returns how many targets may be called at once.
  int PickStrategy(v1::Strategy& strategy) {
    const int at_once = 1 + Pick(3);
    switch (Pick(4)) {
      case 0: {
        auto& canary = *strategy.mutable_canary_deployment();
        for (const double stage : {20, 60, 100}) canary.add_stages(stage);
        canary.set_success_threshold(1);
        canary.set_max_concurrent(at_once);
        canary.set_stage_duration_seconds(Pick(10));
        canary.set_manual_promotion(Pick(2) == 0);
        return std::max(at_once, kRollbackBatch);
      }
      case 1: {
        auto& blue_green = *strategy.mutable_blue_green_deployment();
        blue_green.set_max_concurrent(at_once);
        blue_green.set_manual_promotion(Pick(2) == 0);
        return at_once;
      }
      default: {
        auto& rolling = *strategy.mutable_rolling_deployment();
        rolling.set_batch_size(at_once);
        rolling.set_delay_seconds(Pick(10));
        return at_once;
      }
    }
  }

  // From now on the target behaves otherwise.
  void Disturb() {
    const std::string target = TargetId(PickService(), 1 + Pick(kTargets));
    const CallKind kind = Pick(2) == 0 ? CallKind::kDeploy : CallKind::kHealth;
    const CallScript kBehaviours[] = {{},
                                      {},
                                      {.takes = absl::Seconds(3)},
                                      {.status = absl::UnknownError("broken")},
                                      {.hangs = true}};
    world_->Script(kind, target, "", kBehaviours[Pick(std::size(kBehaviours))]);
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
        return CheckAnswer("rollback", Call(&DeploymentManager::Rollback, *latest));
    }
  }

  template <typename Request>
  absl::Status Call(absl::StatusOr<SnapshotPtr> (DeploymentManager::*verb)(const Request&),
                    const std::string& id) {
    Request request;
    request.set_deployment_id(id);
    return (manager_.get()->*verb)(request).status();
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

  void CheckEnd(const v1::DeploymentState& state) {
    const int most = world_->MostAtOnce(state.id());
    const int allowed = most_at_once_.at(state.id());
    if (most > allowed) {
      Violated(absl::StrCat(state.id(), ": ", most, " calls at once, allowed are ", allowed));
    }
    if (state.status() == v1::STATUS_COMPLETED) CheckCompleted(state);
    if (state.status() == v1::STATUS_ROLLED_BACK) CheckRolledBack(state);
  }

  // The last call of this kind that the deployment made to `subject`; null when it made none.
  const WorldCall* LastCall(const v1::DeploymentState& state, CallKind kind,
                            const std::string& subject) {
    const auto matches = [&](const WorldCall& call) {
      return call.kind == kind && call.subject == subject && call.deployment_id == state.id();
    };
    if (calls_.empty()) calls_ = world_->calls();
    const auto found = std::find_if(calls_.rbegin(), calls_.rend(), matches);
    return found == calls_.rend() ? nullptr : &*found;
  }

  bool IsHealthyOn(const v1::DeploymentState& state, const std::string& target,
                   const std::string& version) {
    const WorldCall* deploy = LastCall(state, CallKind::kDeploy, target);
    const WorldCall* health = LastCall(state, CallKind::kHealth, target);
    return deploy != nullptr && deploy->status.ok() && deploy->version == version &&
           health != nullptr && health->status.ok() && health->version == version;
  }

  void CheckCompleted(const v1::DeploymentState& state) {
    int failed = 0;
    for (const v1::TargetState& target : state.targets()) {
      if (!IsHealthyOn(state, target.target().id(), state.version())) ++failed;
    }
    const bool canary = state.strategy_options().has_canary_deployment();
    if (failed > (canary ? 0 : state.on_failure().max_failed_targets())) {
      Violated(absl::StrCat(state.id(), " completed with ", failed, " failed targets"));
    }
  }

  void CheckRolledBack(const v1::DeploymentState& state) {
    if (state.strategy_options().has_blue_green_deployment()) {
      const WorldCall* last = LastCall(state, CallKind::kSwitch, state.service());
      if (last != nullptr && !(last->status.ok() && last->detail == "blue")) {
        Violated(absl::StrCat(state.id(), " rolled back, but the traffic is on ", last->detail));
      }
      return;
    }
    for (const v1::TargetState& target : state.targets()) {
      const std::string& id = target.target().id();
      if (LastCall(state, CallKind::kDeploy, id) == nullptr) continue;
      if (!IsHealthyOn(state, id, WayBackOf(state, target))) {
        Violated(absl::StrCat(state.id(), " rolled back, but ", id, " is not"));
      }
    }
  }

  std::mt19937_64 random_;
  FakeClock clock_;
  std::shared_ptr<FakeWorld> world_ = std::make_shared<FakeWorld>(clock_);
  Registry registry_{clock_, kHistory};
  ServiceCatalog catalog_{nullptr};
  int last_id_ = 0;
  int last_version_ = 0;
  std::map<std::string, int> most_at_once_;
  std::vector<WorldCall> calls_;  // once everything has ended

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
