// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/schedule.h"

#include <functional>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/random_strategy.h"
#include "strategy/deployment_state.h"

namespace sluice {
namespace {

constexpr int kActions = 30;
constexpr int kTargets = 4;
const char* const kServices[] = {"a", "b", "c"};

std::string TargetId(const std::string& service, int number) {
  return absl::StrCat(service, number);
}

}  // namespace

Schedule::Schedule(uint64_t seed, TestClock& clock) : clock_(clock), random_(seed) {
  std::vector<ServiceDefinitionPtr> definitions;
  for (const std::string service : kServices) definitions.push_back(Define(service));
  catalog_.Replace(definitions);
  world_->SetWitness([this](const WorldCall& call) { Witness(call); });
}

void Schedule::Run() {
  Start();
  for (int i = 0; i < kActions; ++i) {
    Act();
    AfterAction();
    CheckOneActiveEach();
    clock_.Yield();
  }
  Settle();
  manager_.reset();
  const EndCheck check(*world_, has_crashes());
  for (const v1::DeploymentState& state : States()) CheckEnd(check, state);
}

std::vector<std::string> Schedule::violations() const {
  MutexLock lock(mutex_);
  return violations_;
}

std::vector<std::string> Schedule::Records() const {
  std::vector<std::string> records;
  for (const v1::DeploymentState& state : States()) records.push_back(BytesOf(state));
  return records;
}

void Schedule::Start() {
  registry_ = std::make_unique<Registry>(clock_, kHistory);
  MakeManager();
}

void Schedule::MakeManager() {
  manager_ = std::make_unique<DeploymentManager>(
      clock_, *registry_, catalog_,
      EngineLimits{.max_active_deployments = 2, .max_target_calls = 8},
      [this] { return absl::StrCat("d", ++last_id_, "-"); });
}

// --- What happens.

ServiceDefinitionPtr Schedule::Define(const std::string& service) {
  auto definition = std::make_shared<ServiceDefinition>();
  definition->config.set_name(service);
  definition->config.set_initial_version("v0");
  definition->ports =
      PortsOf(world_, {.min_healthy_time = absl::Seconds(Pick(3)), .deadline = absl::Seconds(20)});
  for (int i = 1; i <= kTargets; ++i) {
    definition->config.add_targets()->set_id(TargetId(service, i));
    world_->SetVersion(TargetId(service, i), "v0");
  }
  return definition;
}

int Schedule::Pick(int count) { return sluice::Pick(count, random_); }

std::string Schedule::PickService() { return kServices[Pick(std::size(kServices))]; }

void Schedule::Act() {
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

void Schedule::Deploy() {
  v1::DeployRequest request;
  request.set_service(PickService());
  request.set_version(absl::StrCat("v", ++last_version_));
  request.mutable_progress_deadline()->set_seconds(60);
  request.mutable_on_failure()->set_policy(static_cast<v1::FailurePolicy>(Pick(4)));
  request.mutable_on_failure()->set_max_failed_targets(Pick(4) == 0 ? 1 : 0);
  const int at_once = PickStrategy(random_, *request.mutable_strategy());
  Adapt(request);
  Ask({request, at_once});
}

void Schedule::Ask(const Asked& asked) {
  const v1::DeployRequest& request = asked.request;
  const auto accepted = manager_->Deploy(request);
  CheckAnswer(absl::StrCat("deploy ", request.service(), "=", request.version()),
              accepted.status());
  if (!accepted.ok()) return;
  const std::string id = (*accepted)->state().id();
  most_at_once_[id] = asked.most_at_once;
  Answered(asked, id, Promised("deploy", id));
}

void Schedule::Disturb() {
  const CallKind kOfTargets[] = {CallKind::kDeploy, CallKind::kHealth};
  const CallKind kOfRouters[] = {CallKind::kSetTraffic, CallKind::kSwitch, CallKind::kSetFlag};
  const CallScript kBehaviours[] = {{},
                                    {},
                                    {.takes = absl::Seconds(3)},
                                    {.takes = absl::Seconds(20), .is_done_when_cut = true},
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

void Schedule::Steer() {
  const auto latest = registry_->LatestOf(PickService());
  if (!latest.ok()) return;
  switch (Pick(5)) {
    case 0:
      return Call<v1::PauseRequest>("pause", &DeploymentManager::Pause, *latest);
    case 1:
      return Call<v1::ResumeRequest>("resume", &DeploymentManager::Resume, *latest);
    case 2:
      return Call<v1::PromoteRequest>("promote", &DeploymentManager::Promote, *latest);
    case 3:
      return Call<v1::AbortRequest>("abort", &DeploymentManager::Abort, *latest);
    default:
      return Call<v1::RollbackRequest>(
          "rollback",
          [](DeploymentManager& manager, const v1::RollbackRequest& request) {
            return manager.Rollback(request);
          },
          *latest);
  }
}

template <typename Request, typename Method>
void Schedule::Call(const std::string& verb, Method method, const std::string& id) {
  Request request;
  request.set_deployment_id(id);
  const absl::Status status = std::invoke(method, *manager_, request).status();
  CheckAnswer(absl::StrCat(verb, " ", id), status);
  if (status.ok()) Promised(verb, id);
}

void Schedule::Advance(absl::Duration duration) {
  clock_.Advance(duration);
  for (int i = Pick(8); i >= 0; --i) clock_.Yield();
}

void Schedule::Settle() {
  for (int round = 0; round < 20'000; ++round) {
    const std::vector<v1::DeploymentState> running = States(/*with_ended=*/false);
    for (const v1::DeploymentState& state : running) {
      if (state.status() != v1::STATUS_PAUSED) continue;
      Call<v1::PromoteRequest>("promote", &DeploymentManager::Promote, state.id());
    }
    if (running.empty()) return;
    Advance(absl::Seconds(2));
    AfterAction();
  }
  Violated("something never ended");
}

// --- What must hold.

bool Schedule::Promised(const std::string&, const std::string&) { return true; }

bool Schedule::IsRefusal(const absl::Status& status) const {
  return absl::IsFailedPrecondition(status);
}

std::vector<v1::DeploymentState> Schedule::States(bool with_ended) const {
  v1::ListStatesRequest request;
  if (!with_ended) {
    for (const v1::Status status :
         {v1::STATUS_PENDING, v1::STATUS_IN_PROGRESS, v1::STATUS_PAUSED}) {
      request.add_statuses(status);
    }
  }
  request.set_page_size(kHistory);
  const v1::ListStatesResponse response = *registry_->List(request);
  return {response.states().begin(), response.states().end()};
}

void Schedule::Violated(const std::string& what) {
  trace_.Add(absl::StrCat("VIOLATED: ", what));
  MutexLock lock(mutex_);
  violations_.push_back(what);
}

// A verb is done, or refused for what the deployment is like.
void Schedule::CheckAnswer(const std::string& what, const absl::Status& status) {
  trace_.Add(absl::StrCat(what, ": ", status.ToString()));
  if (status.ok() || IsRefusal(status)) return;
  Violated(absl::StrCat(what, ": ", status.ToString()));
}

void Schedule::Witness(const WorldCall& call) {
  clock_.Yield();
  trace_.Add(Describe(call));
  CheckCall(call);
  clock_.Yield();
}

void Schedule::CheckOneActiveEach() {
  std::map<std::string, std::vector<std::string>> active;
  for (const v1::DeploymentState& state : States(/*with_ended=*/false)) {
    active[state.service()].push_back(state.id());
  }
  for (const auto& [service, ids] : active) {
    if (ids.size() > 1) Violated(absl::StrCat("active at once: ", absl::StrJoin(ids, ", ")));
  }
}

void Schedule::CheckCall(const WorldCall& call) {
  const auto snapshot = registry_->Get(call.deployment_id);
  if (!snapshot.ok() || IsTerminal((*snapshot)->state().status())) {
    Violated(absl::StrCat("a call to ", call.subject, " after ", call.deployment_id, " had ended"));
    return;
  }
  const v1::DeploymentState& state = (*snapshot)->state();
  const bool changes_something =
      call.kind != CallKind::kRunningVersion && call.kind != CallKind::kHealth;
  const bool begins = call.end == absl::InfiniteDuration();
  // A pause that tells of calls may have come as one was about to begin.
  const bool is_held = state.status() == v1::STATUS_PAUSED && !state.pausing();
  if (changes_something && begins && is_held) {
    Violated(absl::StrCat("a call to ", call.subject, " while ", state.id(), " is paused"));
  }
}

void Schedule::CheckEnd(const EndCheck& check, const v1::DeploymentState& state) {
  for (const std::string& what : check.Violations(state, most_at_once_.at(state.id()))) {
    Violated(what);
  }
}

}  // namespace sluice
