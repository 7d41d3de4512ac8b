// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "support/fake_world.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/text.h"

namespace sluice {
namespace {

WorldCall CallOf(CallKind kind, const TargetCall& call) {
  return {.kind = kind,
          .subject = call.target_id,
          .version = call.version,
          .deployment_id = call.deployment_id,
          .step = call.step,
          .attempt = call.attempt,
          .epoch = call.epoch};
}

WorldCall CallOf(CallKind kind, const RouteCall& call, const std::string& detail) {
  return {.kind = kind,
          .subject = call.service,
          .version = call.version,
          .deployment_id = call.deployment_id,
          .detail = detail,
          .epoch = call.epoch};
}

bool LoadsATarget(CallKind kind) { return kind == CallKind::kDeploy || kind == CallKind::kHealth; }

}  // namespace

void FakeWorld::Script(CallKind kind, const std::string& subject, const std::string& version,
                       CallScript script) {
  script.status = absl::Status(script.status.code(), Bounded(script.status.message()));
  script.output = Bounded(script.output);
  MutexLock lock(mutex_);
  scripts_[{kind, subject, version}] = std::move(script);
}

void FakeWorld::SetVersion(const std::string& target, const std::string& version) {
  MutexLock lock(mutex_);
  versions_[target] = version;
}

void FakeWorld::SetWitness(Witness witness) {
  MutexLock lock(mutex_);
  witness_ = std::move(witness);
}

std::string FakeWorld::VersionOf(const std::string& target) const {
  MutexLock lock(mutex_);
  const auto found = versions_.find(target);
  return found == versions_.end() ? "" : found->second;
}

std::vector<WorldCall> FakeWorld::calls() const {
  MutexLock lock(mutex_);
  return calls_;
}

std::vector<WorldCall> FakeWorld::calls(CallKind kind) const {
  std::vector<WorldCall> chosen;
  for (WorldCall& call : calls()) {
    if (call.kind == kind) chosen.push_back(std::move(call));
  }
  return chosen;
}

int FakeWorld::MostAtOnce(const std::string& deployment_id) const {
  MutexLock lock(mutex_);
  const auto found = loads_.find(deployment_id);
  return found == loads_.end() ? 0 : found->second.most;
}

void FakeWorld::AwaitCalls(CallKind kind, size_t count) const {
  MutexLock lock(mutex_);
  const auto is_wanted = [kind](const WorldCall& call) { return call.kind == kind; };
  while (static_cast<size_t>(std::count_if(calls_.begin(), calls_.end(), is_wanted)) < count) {
    changed_.Wait(mutex_);
  }
}

CallResult FakeWorld::Deploy(const TargetCall& call, std::stop_token stop) {
  return Perform(CallOf(CallKind::kDeploy, call), stop);
}

absl::StatusOr<std::string> FakeWorld::RunningVersion(const TargetCall& call,
                                                      std::stop_token stop) {
  const CallResult result = Perform(CallOf(CallKind::kRunningVersion, call), stop);
  if (!result.status.ok()) return result.status;
  const std::string version = VersionOf(call.target_id);
  if (version.empty()) return absl::UnimplementedError("nobody knows");
  return version;
}

absl::StatusOr<std::string> FakeWorld::Check(const TargetCall& call, std::stop_token stop) {
  const CallResult result = Perform(CallOf(CallKind::kHealth, call), stop);
  if (!result.status.ok()) return result.status;
  return result.output.empty() ? "healthy" : result.output;
}

absl::Status FakeWorld::SetTraffic(const RouteCall& call, double percentage, std::stop_token stop) {
  return Perform(CallOf(CallKind::kSetTraffic, call, absl::StrCat(percentage)), stop).status;
}

absl::Status FakeWorld::Switch(const RouteCall& call, const std::string& slot,
                               std::stop_token stop) {
  return Perform(CallOf(CallKind::kSwitch, call, slot), stop).status;
}

absl::Status FakeWorld::SetFlag(const RouteCall& call, const std::string& flag, double percentage,
                                std::stop_token stop) {
  return Perform(CallOf(CallKind::kSetFlag, call, absl::StrCat(flag, "=", percentage)), stop)
      .status;
}

CallResult FakeWorld::Perform(WorldCall call, const std::stop_token& stop) {
  Tell(call);
  std::stop_callback wake(stop, [this] {
    MutexLock lock(mutex_);
    changed_.NotifyAll();
  });
  CallResult result;
  {
    MutexLock lock(mutex_);
    const CallScript script = ScriptOf(call);
    const size_t index = calls_.size();
    call.begin = clock_.Monotonic();
    calls_.push_back(call);
    changed_.NotifyAll();
    if (script.raises) script.raises();
    Load& load = loads_[call.deployment_id];
    if (LoadsATarget(call.kind)) load.most = std::max(load.most, ++load.running);
    call.status = Await(script, stop);
    if (LoadsATarget(call.kind)) --load.running;
    call.end = clock_.Monotonic();
    if (call.kind == CallKind::kRunningVersion) call.detail = versions_[call.subject];
    calls_[index] = call;
    const bool is_done = call.status.ok() || (script.is_done_when_cut && stop.stop_requested());
    if (is_done && call.kind == CallKind::kDeploy) versions_[call.subject] = call.version;
    result = {.status = call.status, .output = script.output};
  }
  Tell(call);
  return result;
}

CallScript FakeWorld::ScriptOf(const WorldCall& call) const {
  for (const std::string& subject : {call.subject, std::string()}) {
    for (const std::string& version : {call.version, std::string()}) {
      const auto found = scripts_.find({call.kind, subject, version});
      if (found != scripts_.end()) return found->second;
    }
  }
  return {};
}

absl::Status FakeWorld::Await(const CallScript& script, const std::stop_token& stop) {
  const absl::Duration takes = script.hangs ? timeout_ : script.takes;
  const absl::Duration deadline = clock_.Monotonic() + takes;
  while (!stop.stop_requested() && clock_.Monotonic() < deadline) {
    clock_.WaitUntil(mutex_, changed_, deadline);
  }
  if (stop.stop_requested()) return absl::CancelledError("the call was cancelled");
  if (script.hangs) return absl::DeadlineExceededError("the call timed out");
  return script.status;
}

void FakeWorld::Tell(const WorldCall& call) const {
  Witness witness;
  {
    MutexLock lock(mutex_);
    witness = witness_;
  }
  if (witness) witness(call);
}

ServicePorts PortsOf(const std::shared_ptr<FakeWorld>& world, const HealthPolicy& policy) {
  return {.deployer = world, .health_check = world, .health_policy = policy, .router = world};
}

}  // namespace sluice
