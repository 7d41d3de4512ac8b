// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// When the engine is at rest, and what it then shows.

#include "absl/strings/str_cat.h"
#include "base/timestamp.h"
#include "fuzz/operations.h"
#include "fuzz/require.h"

namespace sluice {
namespace {

bool IsPast(const v1::Step& step, absl::Time now) {
  return !step.has_wait_until() || FromTimestamp(step.wait_until()) <= now;
}

}  // namespace

void Operations::Settle(const std::set<std::string>& subjects, bool time) {
  clock_.AwaitRest([this](const RestClock::Deadlines& deadlines) { return IsAtRest(deadlines); });
  model_.See(List(1 + static_cast<int>(subjects.size())), subjects, time);
}

bool Operations::IsAtRest(const RestClock::Deadlines& deadlines) const {
  RestClock::Deadlines missing;
  if (journal_ != nullptr) missing.insert(absl::InfiniteDuration());
  const absl::Time now = clock_.Now();
  for (const SnapshotPtr& snapshot : registry_->Unfinished()) {
    const v1::DeploymentState& state = snapshot->state();
    if (state.stop_requested() != v1::REASON_UNSPECIFIED) return false;
    if (state.status() == v1::STATUS_PAUSED) {
      missing.insert(absl::InfiniteDuration());
      continue;
    }
    const bool has_step = state.current_step() < state.plan().steps_size();
    if (state.status() != v1::STATUS_IN_PROGRESS || !has_step) return false;
    const v1::Step& step = state.plan().steps(state.current_step());
    if (IsPast(step, now)) return false;
    missing.insert(clock_.Monotonic() + (FromTimestamp(step.wait_until()) - now));
  }
  for (const absl::Duration deadline : deadlines) {
    const auto found = missing.find(deadline);
    // Threads without work wait for whole seconds.
    const bool is_idle =
        absl::Trunc(deadline, absl::Seconds(1)) == deadline && deadline != absl::InfiniteDuration();
    if (is_idle) continue;
    if (found == missing.end()) return false;
    missing.erase(found);
  }
  return missing.empty();
}

std::vector<v1::DeploymentState> Operations::List(int page_size) const {
  std::vector<v1::DeploymentState> states;
  v1::ListStatesRequest request;
  request.set_page_size(page_size);
  while (true) {
    const auto page = registry_->List(request);
    Require(page.ok(), "a list is answered");
    states.insert(states.end(), page->states().begin(), page->states().end());
    if (page->next_page_token().empty()) return states;
    request.set_page_token(page->next_page_token());
  }
}

void Operations::Watch() {
  Trace(absl::StrCat("watch from ", cursor_));
  while (true) {
    if (cursor_ == 0) begun_ = registry_->newest_revision();
    const auto next = registry_->NextAfter(cursor_, {.begun = begun_});
    if (!next.ok()) {
      Require(absl::IsOutOfRange(next.status()) && model_.has_pruned(),
              "a watcher begins anew only when what it wants is gone");
      cursor_ = 0;
      model_.WatchBeginsAnew();
      continue;
    }
    if (*next == nullptr) break;
    cursor_ = (*next)->state().revision();
    model_.Watched((*next)->state());
  }
  model_.WatchedAll();
}

void Operations::Read() {
  const std::string id = PickId();
  const auto state = registry_->Get(id);
  const v1::DeploymentState* expected = model_.Find(id);
  Require(state.ok() == (expected != nullptr), "what is kept is found");
  if (!state.ok()) return;
  Require((*state)->state().revision() == expected->revision(), "what is found is the latest");
}

}  // namespace sluice
