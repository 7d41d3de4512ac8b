// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/crash_schedule.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/request_log.h"
#include "strategy/deployment_state.h"

namespace sluice {
namespace {

// More than the commits of a whole schedule, seldom.
constexpr int kMostCommitsToTheEnd = 40;
constexpr absl::Duration kLongestDowntime = absl::Seconds(30);

}  // namespace

CrashSchedule::~CrashSchedule() {
  manager_ = nullptr;
  journal_ = nullptr;
}

void CrashSchedule::Start() {
  registry_ = std::make_unique<Registry>(clock_, kHistory);
  store_.Restart();
  StoreChange contents = *store_.Load();
  journal_ = *Journal::Start(clock_, store_, {});
  const auto requests = RequestLog::EntriesIn(contents);
  registry_->Restore(std::move(contents), *journal_);
  if (!registry_->AwaitDurable().ok()) Violated("a start was not recorded");
  if (registry_->epoch() <= epoch_) Violated("the epoch did not grow");
  epoch_ = registry_->epoch();
  CheckNothingIsLost();
  MakeManager();
  manager_->ResumeAll(requests);
}

void CrashSchedule::AfterAction() {
  if (store_.has_crashed()) return Restart();
  if (Pick(8) == 0 && restarts_ < 20) {
    store_.CrashAfter(Pick(kMostCommitsToTheEnd), Pick(2) == 0);
  }
}

void CrashSchedule::Restart() {
  store_.Crash();
  manager_ = nullptr;
  journal_ = nullptr;
  registry_ = nullptr;
  ++restarts_;
  clock_.Advance(kLongestDowntime * Pick(3) / 2);
  Start();
}

void CrashSchedule::Adapt(v1::DeployRequest& request) {
  request.mutable_on_failure()->set_on_uncertain(static_cast<v1::UncertainPolicy>(Pick(4)));
}

bool CrashSchedule::Promised(const std::string& verb, const std::string& id) {
  // A rollback, once it was asked for, may have come although it was not acknowledged.
  if (verb == "rollback") acknowledged_[id] = "perhaps rollback";
  if (!registry_->AwaitDurable().ok()) return false;
  acknowledged_[id] = verb;
  return true;
}

bool CrashSchedule::IsRefusal(const absl::Status& status) const {
  return Schedule::IsRefusal(status) || (absl::IsUnavailable(status) && store_.has_crashed());
}

void CrashSchedule::CheckNothingIsLost() {
  std::set<std::string> found;
  for (const v1::DeploymentState& state : States()) {
    found.insert(state.id());
    if (most_at_once_.count(state.id()) == 0) Violated(absl::StrCat(state.id(), " was invented"));
  }
  for (const auto& [id, verb] : acknowledged_) {
    if (found.count(id) == 0) Violated(absl::StrCat(id, " was acknowledged and is lost"));
  }
}

void CrashSchedule::CheckCall(const WorldCall& call) {
  // To ask changes nothing, and is not waited for until it is durable.
  if (call.kind == CallKind::kRunningVersion) return;
  Schedule::CheckCall(call);
  if (call.kind == CallKind::kDeploy && call.end == absl::InfiniteDuration()) CheckIntent(call);
}

void CrashSchedule::CheckIntent(const WorldCall& call) {
  MutexLock lock(calls_mutex_);
  const std::string what = absl::StrCat("call to ", call.subject, " of ", call.deployment_id,
                                        " in step ", call.step, ", attempt ", call.attempt);
  if (!tries_.insert({call.deployment_id, call.subject, call.step, call.attempt}).second) {
    Violated(absl::StrCat("made twice: ", what));
  }
  if (call.epoch < highest_epoch_) Violated(absl::StrCat("an old epoch: ", what));
  highest_epoch_ = std::max(highest_epoch_, call.epoch);
  const auto durable = registry_->Get(call.deployment_id);
  if (!durable.ok()) return Violated(absl::StrCat("before the deployment was durable: ", what));
  for (const v1::TargetState& target : (*durable)->state().targets()) {
    if (target.target().id() == call.subject && target.attempts() < call.attempt) {
      Violated(absl::StrCat("before its intent was durable: ", what));
    }
  }
}

void CrashSchedule::CheckEnd(const EndCheck& check, const v1::DeploymentState& state) {
  Schedule::CheckEnd(check, state);
  const std::string& verb = acknowledged_[state.id()];
  // Not always for that reason: what came to its end just before the abort may have failed by
  // itself.
  if (verb == "abort" && state.status() != v1::STATUS_FAILED) {
    Violated(absl::StrCat(state.id(), " was aborted and ended ", StatusName(state.status()), ": ",
                          state.message()));
  }
  if (verb == "rollback" && state.status() == v1::STATUS_COMPLETED) {
    Violated(absl::StrCat(state.id(), " was to be rolled back and is completed"));
  }
}

}  // namespace sluice
