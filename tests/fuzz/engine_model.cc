// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "fuzz/engine_model.h"

#include <algorithm>

#include "fuzz/require.h"

namespace sluice {
namespace {

constexpr absl::StatusCode kOk = absl::StatusCode::kOk;
constexpr absl::StatusCode kRefused = absl::StatusCode::kFailedPrecondition;

bool IsSame(const v1::DeploymentState& a, const v1::DeploymentState& b) {
  return a.revision() == b.revision() && a.status() == b.status() &&
         a.current_step() == b.current_step() && a.message() == b.message() &&
         a.ByteSizeLong() == b.ByteSizeLong();
}

}  // namespace

bool HasEnded(const v1::DeploymentState& state) {
  return state.status() == v1::STATUS_COMPLETED || state.status() == v1::STATUS_FAILED ||
         state.status() == v1::STATUS_ROLLED_BACK;
}

// --- What a request is answered with.

EngineModel::Answer EngineModel::MadeBefore(const std::string& request_id,
                                            const std::string& content) const {
  const auto found = requests_.find(request_id);
  if (request_id.empty() || found == requests_.end()) return {absl::StatusCode::kUnknown, ""};
  const auto& [made_by, id] = found->second;
  if (made_by != content) return {absl::StatusCode::kAlreadyExists, ""};
  return Find(id) == nullptr ? Answer{absl::StatusCode::kNotFound, ""} : Answer{kOk, id};
}

EngineModel::Answer EngineModel::OfDeploy(const v1::DeployRequest& request,
                                          const std::string& content) const {
  const Answer before = MadeBefore(request.request_id(), content);
  if (before.code != absl::StatusCode::kUnknown) return before;
  return {ActiveOf(request.service()) == nullptr ? kOk : kRefused, ""};
}

EngineModel::Answer EngineModel::OfRollback(const v1::RollbackRequest& request,
                                            const std::string& content) const {
  const Answer before = MadeBefore(request.request_id(), content);
  if (before.code != absl::StatusCode::kUnknown) return before;
  const v1::DeploymentState* state =
      request.has_service() ? LatestOf(request.service()) : Find(request.deployment_id());
  if (state == nullptr) return {absl::StatusCode::kNotFound, ""};
  const bool names_its_own = request.to_version() == state->version();
  const std::string& previous = state->previous_version();
  // Traffic alone goes back to what ran before.
  const bool names_another = !request.to_version().empty() && !previous.empty() &&
                             request.to_version() != previous &&
                             (state->targets().empty() || state->strategy() == "blue_green");
  if (state->status() == v1::STATUS_ROLLED_BACK || names_its_own || names_another) {
    return {kRefused, ""};
  }
  if (!HasEnded(*state)) {
    const bool is_on_its_way = state->phase() == v1::PHASE_ROLLING_BACK;
    return {is_on_its_way && !request.to_version().empty() ? kRefused : kOk, ""};
  }
  const bool is_latest = LatestOf(state->service()) == state;
  if (!is_latest || ActiveOf(state->service()) != nullptr) return {kRefused, ""};
  return {absl::StatusCode::kUnknown, ""};  // It may have no way back.
}

absl::StatusCode EngineModel::OfVerb(Verb verb, const std::string& id) const {
  const v1::DeploymentState* state = Find(id);
  if (state == nullptr) return absl::StatusCode::kNotFound;
  // What is in progress and at rest waits, so there is something to promote.
  const bool waits = state->status() == v1::STATUS_IN_PROGRESS;
  const bool is_paused = state->status() == v1::STATUS_PAUSED;
  if (verb == Verb::kPause) return waits ? kOk : kRefused;
  if (verb == Verb::kResume) return is_paused ? kOk : kRefused;
  return waits || is_paused ? kOk : kRefused;
}

void EngineModel::Taken(const std::string& request_id, const std::string& content,
                        const std::string& id) {
  if (!request_id.empty()) requests_[request_id] = {content, id};
}

// --- What the records are.

void EngineModel::See(const std::vector<v1::DeploymentState>& newest_first,
                      const std::set<std::string>& subjects, bool time) {
  std::vector<v1::DeploymentState> before;
  before.swap(records_);
  std::map<std::string, v1::DeploymentState> listed;
  int64_t newest = revision_;
  for (const v1::DeploymentState& state : newest_first) {
    Require(listed.emplace(state.id(), state).second, "a record is listed once");
    newest = std::max(newest, state.revision());
  }
  std::set<std::string> ended;
  const auto note_end = [&](const v1::DeploymentState& state) {
    ended.insert(state.service());
    ends_[state.revision()] = untold_[state.revision()] = state.id();
  };
  for (const v1::DeploymentState& old : before) {
    if (world_.anything_fails() && !HasEnded(old)) hindered_.insert(old.id());
    const auto found = listed.find(old.id());
    records_.push_back(found == listed.end() ? old : found->second);
    if (found == listed.end()) continue;
    if (world_.anything_fails() && !IsSame(old, found->second)) hindered_.insert(old.id());
    CheckChange(&old, found->second, subjects.count(old.id()) > 0, time);
    if (HasEnded(found->second) && !IsSame(old, found->second)) note_end(found->second);
    listed.erase(found);
  }
  Require(listed.size() <= 1, "a request makes one record");
  for (const auto& [id, state] : listed) {
    if (world_.anything_fails()) hindered_.insert(id);
    CheckChange(nullptr, state, subjects.count(id) > 0, time);
    records_.push_back(state);
    if (HasEnded(state)) note_end(state);
  }
  for (const std::string& service : ended) Prune(service);
  revision_ = newest;
  Require(records_.size() == newest_first.size(), "what is kept is listed, and nothing else");
  for (size_t i = 0; i < records_.size(); ++i) {
    const v1::DeploymentState& shown = newest_first[newest_first.size() - 1 - i];
    Require(records_[i].id() == shown.id(), "the list goes from the newest to the oldest");
  }
}

void EngineModel::CheckChange(const v1::DeploymentState* before, const v1::DeploymentState& after,
                              bool is_subject, bool time) const {
  Require(after.status() != v1::STATUS_PENDING, "what is at rest was begun");
  if (!HasEnded(after)) {
    const v1::DeploymentState* active = ActiveOf(after.service());
    Require(active == nullptr || active->id() == after.id(), "a service has one that is active");
  }
  if (before != nullptr && IsSame(*before, after)) return;
  Require(after.revision() > revision_, "revisions increase");
  const bool waited = before != nullptr && before->status() == v1::STATUS_IN_PROGRESS;
  Require(is_subject || (time && waited), "nothing changes by itself but what waits");
  if (before != nullptr && HasEnded(*before)) {
    Require(before->status() != v1::STATUS_ROLLED_BACK, "what is rolled back stays so");
    Require(after.phase() == v1::PHASE_ROLLING_BACK, "what has ended changes by a rollback alone");
    Require(after.status() != v1::STATUS_COMPLETED, "a rollback does not complete a deployment");
  }
  if (HasEnded(after)) CheckEnd(after);
}

void EngineModel::CheckEnd(const v1::DeploymentState& state) const {
  Require(state.has_end_time(), "what has ended says when");
  if (state.status() == v1::STATUS_FAILED) {
    const bool was_asked =
        state.reason() == v1::REASON_ABORTED || state.reason() == v1::REASON_NO_PREVIOUS_VERSION;
    Require(was_asked || hindered_.count(state.id()) > 0, "nothing fails by itself");
  }
  for (const v1::TargetState& target : state.targets()) {
    const std::string running = world_.VersionOf(target.target().id());
    if (state.status() == v1::STATUS_COMPLETED) {
      Require(running == state.version(), "completed: every target runs the version");
    }
    // Blue-green goes back by its switch alone.
    const bool goes_back = state.strategy() != "blue_green" && target.attempts() > 0;
    if (state.status() == v1::STATUS_ROLLED_BACK && goes_back) {
      Require(running != state.version(), "rolled back: no target that was touched runs it");
    }
  }
}

void EngineModel::Prune(const std::string& service) {
  const auto is_old = [&](const v1::DeploymentState& state) {
    return state.service() == service && HasEnded(state);
  };
  while (static_cast<size_t>(std::count_if(records_.begin(), records_.end(), is_old)) > history_) {
    const auto oldest = std::find_if(records_.begin(), records_.end(), is_old);
    const auto is_its = [&](const auto& end) { return end.second == oldest->id(); };
    std::erase_if(ends_, is_its);
    std::erase_if(untold_, is_its);
    records_.erase(oldest);
    has_pruned_ = true;
  }
}

const v1::DeploymentState* EngineModel::Find(const std::string& id) const {
  for (const v1::DeploymentState& state : records_) {
    if (state.id() == id) return &state;
  }
  return nullptr;
}

const v1::DeploymentState* EngineModel::ActiveOf(const std::string& service) const {
  for (const v1::DeploymentState& state : records_) {
    if (state.service() == service && !HasEnded(state)) return &state;
  }
  return nullptr;
}

const v1::DeploymentState* EngineModel::LatestOf(const std::string& service) const {
  for (auto state = records_.rbegin(); state != records_.rend(); ++state) {
    if (state->service() == service) return &*state;
  }
  return nullptr;
}

// --- What a watcher sees.

void EngineModel::Watched(const v1::DeploymentState& state) {
  Require(state.revision() > watched_, "a watcher sees revisions in their order");
  watched_ = state.revision();
  if (HasEnded(state)) {
    const auto found = untold_.find(state.revision());
    Require(found != untold_.end() && found->second == state.id(), "an end is told once");
    untold_.erase(found);
    return;
  }
  const v1::DeploymentState* latest = Find(state.id());
  Require(latest != nullptr && latest->revision() == state.revision(),
          "what is told besides is the latest state");
}

void EngineModel::WatchedAll() const {
  Require(untold_.empty(), "no end is missed");
  for (const v1::DeploymentState& state : records_) {
    Require(state.revision() <= watched_, "the latest state is told");
  }
}

void EngineModel::WatchBeginsAnew() {
  watched_ = 0;
  untold_ = ends_;
}

}  // namespace sluice
