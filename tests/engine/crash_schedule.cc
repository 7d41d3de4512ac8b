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
constexpr int kMostRestarts = 20;
constexpr int kStartsToACrashDuringOne = 8;
constexpr absl::Duration kLongestDowntime = absl::Seconds(30);

}  // namespace

CrashSchedule::CrashSchedule(uint64_t seed, TestClock& clock) : Schedule(seed, clock) {
  store_.SetWitness([this](const StoreChange& change, bool is_written) {
    // So that the end can come before the write, and between the write and whoever is told.
    clock_.Yield();
    trace_.Add(is_written ? absl::StrCat("written: ", Describe(change)) : "a commit begins");
    clock_.Yield();
  });
}

CrashSchedule::~CrashSchedule() {
  manager_ = nullptr;
  journal_ = nullptr;
}

void CrashSchedule::Start() {
  for (; !TryStart(); ++restarts_) TearDown();
}

bool CrashSchedule::TryStart() {
  store_.Restart();
  if (Pick(kStartsToACrashDuringOne) == 0) EndSometime(/*most_commits=*/2);
  registry_ = std::make_unique<Registry>(clock_, kHistory);
  StoreChange contents = *store_.Load();
  journal_ = *Journal::Start(clock_, store_, {});
  const auto requests = RequestLog::EntriesIn(contents);
  registry_->Restore(std::move(contents), *journal_);
  const absl::Status recorded = registry_->AwaitDurable();
  trace_.Add(absl::StrCat("start ", registry_->epoch(), ": ", recorded.ToString()));
  if (!recorded.ok() && store_.has_crashed()) return false;
  if (!recorded.ok()) Violated("a start was not recorded");
  if (registry_->epoch() <= epoch_) Violated("the epoch did not grow");
  epoch_ = registry_->epoch();
  CheckNothingIsLost();
  MakeManager();
  manager_->ResumeAll(requests);
  return true;
}

void CrashSchedule::AfterAction() {
  if (!store_.has_crashed() && restarts_ < kMostRestarts && Pick(8) == 0) {
    EndSometime(Pick(3) == 0 ? 1 : kMostCommitsToTheEnd);
  }
  if (store_.has_crashed()) Restart();
  if (unanswered_.empty() || Pick(2) > 0) return;
  AskAgain();
  CheckNothingIsLost();
}

void CrashSchedule::AskAgain() {
  const Asked asked = unanswered_.back();
  unanswered_.pop_back();
  Ask(asked);
}

void CrashSchedule::EndSometime(int most_commits) {
  const int commits = Pick(most_commits);
  const bool is_kept = Pick(2) == 0;
  trace_.Add(
      absl::StrCat("to end after ", commits, " commits; the next is ", is_kept ? "kept" : "lost"));
  store_.CrashAfter(commits, is_kept);
}

void CrashSchedule::Restart() {
  trace_.Add("restart");
  TearDown();
  ++restarts_;
  clock_.Advance(kLongestDowntime * Pick(3) / 2);
  Start();
}

void CrashSchedule::TearDown() {
  manager_ = nullptr;
  journal_ = nullptr;
  registry_ = nullptr;
}

void CrashSchedule::Adapt(v1::DeployRequest& request) {
  request.mutable_on_failure()->set_on_uncertain(static_cast<v1::UncertainPolicy>(Pick(4)));
  request.set_request_id(absl::StrCat("request-for-", request.version()));
}

void CrashSchedule::Answered(const Asked& asked, const std::string& id, bool is_promised) {
  made_by_[asked.request.request_id()].insert(id);
  if (!is_promised) unanswered_.push_back(asked);
}

bool CrashSchedule::Promised(const std::string& verb, const std::string& id) {
  // A rollback, once it was asked for, may have come although it was not acknowledged.
  if (verb == "rollback") acknowledged_[id] = "perhaps rollback";
  if (!registry_->AwaitDurable().ok()) return false;
  // A request that is repeated takes back no verb.
  if (verb == "deploy") {
    acknowledged_.try_emplace(id, verb);
  } else {
    acknowledged_[id] = verb;
  }
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
  for (const auto& [request, ids] : made_by_) {
    const auto is_there = [&](const std::string& id) { return found.count(id) > 0; };
    const auto count = std::count_if(ids.begin(), ids.end(), is_there);
    if (count > 1) Violated(absl::StrCat(request, " made ", count, " deployments"));
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
