// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/deploy_request.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/host_address.h"
#include "base/timestamp.h"
#include "base/violations.h"
#include "engine/way_back.h"
#include "strategy/create_strategy.h"
#include "strategy/defaults.h"
#include "strategy/validate.h"

namespace sluice {
namespace {

constexpr int kMaxTargets = 10'000;
constexpr int kMaxMetadata = 64;
constexpr size_t kMaxKeyBytes = 63;
constexpr size_t kMaxValueBytes = 1024;
constexpr size_t kMaxReasonBytes = 1024;
constexpr size_t kMaxRequestIdBytes = 128;
constexpr absl::Duration kDefaultProgressDeadline = absl::Minutes(10);
constexpr absl::Duration kMaxProgressDeadline = absl::Hours(24 * 30);

void ValidateMetadata(const v1::DeployRequest& request, Violations& violations) {
  if (request.metadata_size() > kMaxMetadata) {
    violations.Add("metadata", absl::StrCat("must have at most ", kMaxMetadata, " entries, has ",
                                            request.metadata_size()));
    return;
  }
  for (const auto& [key, value] : request.metadata()) {
    const std::string field = absl::StrCat("metadata[", Quoted(key), "]");
    CheckText(field, key, kMaxKeyBytes, violations);
    CheckText(field, value, kMaxValueBytes, violations);
  }
}

void ValidateDeadline(const v1::DeployRequest& request, Violations& violations) {
  if (!request.has_progress_deadline()) return;
  const auto& deadline = request.progress_deadline();
  const bool in_range = deadline.seconds() >= 0 && deadline.nanos() >= 0 &&
                        deadline.nanos() < 1'000'000'000 &&
                        deadline.seconds() <= absl::ToInt64Seconds(kMaxProgressDeadline) &&
                        (deadline.seconds() > 0 || deadline.nanos() > 0);
  if (!in_range) violations.Add("progress_deadline", "must be above 0 and at most 30 days");
}

// The service's configured targets by id.
using TargetIndex = std::unordered_map<std::string, const v1::Target*>;

TargetIndex IndexOf(const ServiceDefinition& definition) {
  TargetIndex index;
  for (const v1::Target& target : definition.config.targets()) index.emplace(target.id(), &target);
  return index;
}

const v1::Target* Find(const TargetIndex& configured, const std::string& id) {
  const auto found = configured.find(id);
  return found == configured.end() ? nullptr : found->second;
}

bool MayBringTargets(const ServiceDefinition& definition) {
  return !definition.configured || definition.config.allow_request_targets();
}

void ValidateTarget(const v1::Target& target, const std::string& field, Violations& violations) {
  CheckName(FieldPath(field, "id"), target.id(), violations);
  CheckText(FieldPath(field, "address"), target.address(), 255, violations);
  if (!target.version().empty()) {
    CheckVersion(FieldPath(field, "version"), target.version(), violations);
  }
}

// Rules that join the targets with the service's.
void ValidateChoice(const v1::DeployRequest& request, const ServiceDefinition& definition,
                    Violations& violations) {
  if (MayBringTargets(definition) || request.targets_size() > kMaxTargets) return;
  const TargetIndex index = IndexOf(definition);
  for (int i = 0; i < request.targets_size(); ++i) {
    const v1::Target& target = request.targets(i);
    const std::string field = FieldPath("targets", static_cast<size_t>(i));
    const v1::Target* configured = Find(index, target.id());
    if (configured == nullptr) {
      violations.Add(FieldPath(field, "id"),
                     absl::StrCat("must be a configured target of the service, ",
                                  Quoted(target.id()), " is not"));
    } else if (!target.address().empty() && target.address() != configured->address()) {
      violations.Add(FieldPath(field, "address"),
                     "must not be given: the service's configuration does not set "
                     "allow_request_targets");
    }
  }
}

// Those that the configuration does not know as they are.
void ValidateAddresses(const v1::DeployRequest& request, const ServiceDefinition& definition,
                       Violations& violations) {
  const bool is_free = MayBringTargets(definition) && request.targets_size() <= kMaxTargets;
  if (!is_free || !definition.ports.dials_targets) return;
  const TargetIndex index = IndexOf(definition);
  for (int i = 0; i < request.targets_size(); ++i) {
    const v1::Target& target = request.targets(i);
    const v1::Target* configured = Find(index, target.id());
    const bool is_configured = configured != nullptr && (target.address().empty() ||
                                                         target.address() == configured->address());
    const std::string field = FieldPath("targets", static_cast<size_t>(i));
    if (!is_configured) CheckHostAddress(FieldPath(field, "address"), target.address(), violations);
  }
}

void ValidateTargets(const v1::DeployRequest& request, Violations& violations) {
  if (request.targets_size() > kMaxTargets) {
    violations.Add("targets",
                   absl::StrCat("must be at most ", kMaxTargets, ", are ", request.targets_size()));
    return;
  }
  std::map<std::string, int> first;
  for (int i = 0; i < request.targets_size(); ++i) {
    const std::string field = FieldPath("targets", static_cast<size_t>(i));
    ValidateTarget(request.targets(i), field, violations);
    const auto [other, is_new] = first.emplace(request.targets(i).id(), i);
    if (!is_new && !request.targets(i).id().empty()) {
      violations.Add(FieldPath(field, "id"),
                     absl::StrCat("must be unique, is that of targets[", other->second, "]"));
    }
  }
}

std::string KindOf(const v1::Strategy& strategy) {
  return v1::Strategy::descriptor()->FindFieldByNumber(strategy.kind_case())->name();
}

v1::Strategy StrategyOf(const v1::DeployRequest& request, const ServiceDefinition& definition) {
  return WithDefaults(request.has_strategy() ? request.strategy() : definition.config.strategy());
}

bool HasDeployer(const config::v1::Service& service) {
  const auto driver = service.deployer().driver_case();
  return driver != config::v1::Deployer::DRIVER_NOT_SET && driver != config::v1::Deployer::kNone;
}

bool HasRouter(const config::v1::Service& service) {
  const auto driver = service.router().driver_case();
  return driver != config::v1::Router::DRIVER_NOT_SET && driver != config::v1::Router::kNone;
}

// A switch moves the traffic of the whole service: a target without the new version would serve
// nothing.
void ValidateSwitch(const v1::DeployRequest& request, const config::v1::Service& service,
                    Violations& violations) {
  if (request.targets().empty() || !HasRouter(service)) return;
  std::set<std::string> chosen;
  for (const v1::Target& target : request.targets()) chosen.insert(target.id());
  const auto is_left_out = [&](const v1::Target& target) { return chosen.count(target.id()) == 0; };
  if (std::none_of(service.targets().begin(), service.targets().end(), is_left_out)) return;
  violations.Add("targets",
                 absl::StrCat("must be all ", service.targets_size(),
                              " of the service, or none named: blue_green_deployment switches the "
                              "traffic of all of them; use rolling_deployment or "
                              "canary_deployment for a part"));
}

// Rules that join the request with the service.
void ValidateFit(const v1::DeployRequest& request, const ServiceDefinition* definition,
                 Violations& violations) {
  if (definition == nullptr) {
    violations.Add("service", absl::StrCat(Quoted(request.service()),
                                           " is not configured, and allow_unconfigured_services is "
                                           "not set; `sluice services` lists what is"));
    return;
  }
  ValidateChoice(request, *definition, violations);
  ValidateAddresses(request, *definition, violations);
  const bool has_strategy = request.has_strategy() ||
                            definition->config.strategy().kind_case() != v1::Strategy::KIND_NOT_SET;
  if (!definition->configured && !has_strategy) {
    violations.Add("strategy", "must be given: the service is not configured");
    return;
  }
  const v1::Strategy strategy = StrategyOf(request, *definition);
  if (LacksRouter(strategy, definition->config)) {
    violations.Add(FieldOf(strategy), kNeedsRouter);
  }
  if (strategy.has_blue_green_deployment()) {
    ValidateSwitch(request, definition->config, violations);
  }
  const bool has_targets = request.targets_size() > 0 || definition->config.targets_size() > 0;
  if (IsTargetBased(strategy) && !has_targets) {
    violations.Add("targets",
                   "must be given: the strategy is target-based and the service has no "
                   "configured targets");
  }
}

// What the request leaves out comes from the configuration.
void Complete(v1::Target& target, const v1::Target& configured) {
  if (target.address().empty()) target.set_address(configured.address());
  if (target.version().empty()) target.set_version(configured.version());
}

void DraftTargets(const v1::DeployRequest& request, const ServiceDefinition& definition,
                  const ServiceMemory& memory, v1::DeploymentState& state) {
  const TargetIndex index = IndexOf(definition);
  for (const v1::Target& choice : ChosenTargets(request, definition)) {
    v1::TargetState& draft = *state.add_targets();
    v1::Target& target = *draft.mutable_target();
    target = choice;
    if (const v1::Target* configured = Find(index, choice.id())) Complete(target, *configured);
    if (target.version().empty()) target.set_version(definition.config.initial_version());
    const auto known = memory.target_versions.find(choice.id());
    if (known != memory.target_versions.end()) target.set_version(known->second);
    // What the configuration says, or an earlier run of the daemon knew, is believed only of
    // targets that cannot be asked. (Those of an idle slot would tell what nobody goes back to.)
    const bool is_told = request.targets_size() > 0 && !choice.version().empty();
    const bool is_remembered =
        known != memory.target_versions.end() &&
        (memory.from_earlier_run.count(choice.id()) == 0 || state.strategy() == "blue_green");
    if (is_told || is_remembered) draft.set_previous_version(target.version());
  }
}

v1::OnFailure OnFailureOf(const v1::DeployRequest& request, const ServiceDefinition& definition) {
  v1::OnFailure on_failure = definition.config.on_failure();
  on_failure.MergeFrom(request.on_failure());
  if (on_failure.policy() == v1::FAILURE_POLICY_UNSPECIFIED) {
    on_failure.set_policy(v1::FAILURE_POLICY_ROLLBACK);
  }
  if (on_failure.on_uncertain() == v1::UNCERTAIN_POLICY_UNSPECIFIED) {
    on_failure.set_on_uncertain(v1::UNCERTAIN_POLICY_PROBE_THEN_RETRY);
  }
  return on_failure;
}

google::protobuf::Duration DeadlineOf(const v1::DeployRequest& request,
                                      const ServiceDefinition& definition) {
  if (request.has_progress_deadline()) return request.progress_deadline();
  if (definition.config.has_progress_deadline()) return definition.config.progress_deadline();
  return ToProtoDuration(kDefaultProgressDeadline);
}

Targets AllTargets(const v1::DeploymentState& state) {
  Targets targets;
  for (const v1::TargetState& target : state.targets()) targets.push_back(target.target());
  return targets;
}

Targets TargetsOnWayBack(const v1::DeploymentState& state) {
  Targets targets;
  for (const v1::TargetState& target : state.targets()) {
    if (IsOnWayBack(state, target)) targets.push_back(target.target());
  }
  return targets;
}

// Which of the service's drivers the deployment needs.
void DraftDrivers(const config::v1::Service& service, v1::DeploymentState& state) {
  const bool is_target_based = IsTargetBased(state.strategy_options());
  const bool moves_traffic = !is_target_based || state.strategy() == "blue_green";
  state.set_uses_deployer(is_target_based && HasDeployer(service));
  state.set_uses_router(moves_traffic && HasRouter(service));
}

}  // namespace

std::string FieldOf(const v1::Strategy& strategy) {
  return absl::StrCat("strategy.", KindOf(strategy));
}

std::string StrategyNameOf(const v1::DeployRequest& request, const ServiceDefinition& definition) {
  return KindOf(StrategyOf(request, definition));
}

bool LacksRouter(const v1::Strategy& strategy, const config::v1::Service& service) {
  const bool is_named = strategy.kind_case() != v1::Strategy::KIND_NOT_SET;
  const bool moves_traffic = strategy.has_blue_green_deployment() || !IsTargetBased(strategy);
  return is_named && moves_traffic && HasDeployer(service) && !HasRouter(service);
}

std::string LostDriver(const v1::DeploymentState& state, const config::v1::Service& service) {
  if (state.uses_deployer() && !HasDeployer(service)) return "deployer";
  return state.uses_router() && !HasRouter(service) ? "router" : "";
}

absl::Status ValidateDeployRequest(const v1::DeployRequest& request,
                                   const ServiceDefinition* definition) {
  Violations violations;
  CheckName("service", request.service(), violations);
  const bool service_is_named = violations.empty();
  CheckText("request_id", request.request_id(), kMaxRequestIdBytes, violations);
  CheckVersion("version", request.version(), violations);
  CheckText("reason", request.reason(), kMaxReasonBytes, violations);
  if (request.has_strategy()) ValidateStrategy(request.strategy(), "strategy", violations);
  ValidateOnFailure(request.on_failure(), "on_failure", violations);
  ValidateDeadline(request, violations);
  ValidateMetadata(request, violations);
  ValidateTargets(request, violations);
  if (service_is_named) ValidateFit(request, definition, violations);
  return violations.ToStatus();
}

const TargetList& ChosenTargets(const v1::DeployRequest& request,
                                const ServiceDefinition& definition) {
  return request.targets_size() > 0 ? request.targets() : definition.config.targets();
}

v1::DeploymentState DraftDeployment(const v1::DeployRequest& request,
                                    const ServiceDefinition& definition,
                                    const ServiceMemory& memory) {
  v1::DeploymentState state;
  state.set_service(request.service());
  state.set_version(request.version());
  *state.mutable_strategy_options() = StrategyOf(request, definition);
  state.set_strategy(StrategyName(state.strategy_options()));
  DraftDrivers(definition.config, state);
  state.set_phase(v1::PHASE_DEPLOYING);
  *state.mutable_metadata() = request.metadata();
  *state.mutable_on_failure() = OnFailureOf(request, definition);
  *state.mutable_progress_deadline() = DeadlineOf(request, definition);
  state.set_request_reason(request.reason());
  state.set_request_id(request.request_id());
  const std::string previous =
      memory.active_version.empty() ? definition.config.initial_version() : memory.active_version;
  if (previous != request.version()) state.set_previous_version(previous);
  if (IsTargetBased(state.strategy_options())) {
    DraftTargets(request, definition, memory, state);
    for (const auto& [key, value] : TargetPlanner(state.strategy_options())->InitialMetadata()) {
      (*state.mutable_metadata())[key] = value;
    }
  }
  *state.mutable_plan() = PlanDeploy(state);
  return state;
}

v1::Plan PlanDeploy(const v1::DeploymentState& state) {
  if (IsTargetBased(state.strategy_options())) {
    return TargetPlanner(state.strategy_options())->PlanDeploy(AllTargets(state), state.version());
  }
  return ServicePlanner(state.strategy_options())->PlanExecute(state.service(), state.version());
}

v1::Plan PlanRollback(const v1::DeploymentState& state) {
  if (!IsTargetBased(state.strategy_options())) {
    return ServicePlanner(state.strategy_options())->PlanRollback(state);
  }
  v1::Plan plan = TargetPlanner(state.strategy_options())
                      ->PlanRollback(TargetsOnWayBack(state), state.previous_version());
  // The classes of the specification leave some checks out; the daemon says ROLLED_BACK only of
  // targets that it saw healthy.
  for (v1::Step& step : *plan.mutable_steps()) {
    if (step.has_deploy_targets()) step.mutable_deploy_targets()->set_skip_health_check(false);
  }
  return plan;
}

}  // namespace sluice
