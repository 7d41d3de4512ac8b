// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Every pair of statuses, and every verb in every status, against tables written by hand.

#include "engine/transition.h"

#include <string>

#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "strategy/deployment_state.h"

namespace sluice {
namespace {

constexpr int kStatuses = 7;
static_assert(v1::Status_ARRAYSIZE == kStatuses, "a new status needs its row and its column");

// kLegal[from][to]: unspecified, pending, in_progress, paused, completed, failed, rolled_back.
constexpr bool kLegal[kStatuses][kStatuses] = {
    {1, 1, 0, 0, 0, 0, 0},  // unspecified
    {0, 1, 1, 0, 0, 1, 1},  // pending
    {0, 0, 1, 1, 1, 1, 1},  // in_progress
    {0, 0, 1, 1, 0, 1, 0},  // paused
    {0, 0, 1, 0, 1, 0, 0},  // completed: a rollback begins
    {0, 0, 1, 0, 0, 1, 0},  // failed: a rollback begins
    {0, 0, 0, 0, 0, 0, 1},  // rolled_back
};

struct VerbRow {
  Verb verb;
  std::string name;
  bool legal[kStatuses];
};

const VerbRow kVerbs[] = {
    {Verb::kPause, "pause", {0, 0, 1, 0, 0, 0, 0}},
    {Verb::kResume, "resume", {0, 0, 0, 1, 0, 0, 0}},
    {Verb::kPromote, "promote", {0, 0, 1, 1, 0, 0, 0}},
    {Verb::kAbort, "abort", {0, 1, 1, 1, 0, 0, 0}},
    {Verb::kRollback, "roll back", {0, 1, 1, 1, 1, 1, 0}},
};

TEST(Transition, EveryPairOfStatuses) {
  for (int from = 0; from < kStatuses; ++from) {
    for (int to = 0; to < kStatuses; ++to) {
      const absl::Status status =
          CheckTransition(static_cast<v1::Status>(from), static_cast<v1::Status>(to));
      EXPECT_EQ(status.ok(), kLegal[from][to]) << from << " to " << to << ": " << status;
      if (status.ok()) continue;
      EXPECT_TRUE(absl::IsFailedPrecondition(status));
      for (const int named : {from, to}) {
        EXPECT_TRUE(absl::StrContains(status.message(), StatusName(static_cast<v1::Status>(named))))
            << status;
      }
    }
  }
}

TEST(Transition, EveryVerbInEveryStatus) {
  for (const VerbRow& row : kVerbs) {
    for (int i = 0; i < kStatuses; ++i) {
      v1::DeploymentState state;
      state.set_id("d-1");
      state.set_status(static_cast<v1::Status>(i));
      const absl::Status status = CheckVerb(row.verb, state);
      EXPECT_EQ(status.ok(), row.legal[i]) << row.name << " while " << i << ": " << status;
      if (status.ok()) continue;
      EXPECT_TRUE(absl::IsFailedPrecondition(status));
      for (const std::string& named : {row.name, std::string("d-1"), StatusName(state.status())}) {
        EXPECT_TRUE(absl::StrContains(status.message(), named)) << status;
      }
    }
  }
}

TEST(Verbs, WhatIsBeingStoppedIsNeitherPausedNorLetGo) {
  for (const v1::Reason reason : {v1::REASON_ABORTED, v1::REASON_ROLLBACK_REQUESTED}) {
    for (const v1::Status status : {v1::STATUS_IN_PROGRESS, v1::STATUS_PAUSED}) {
      v1::DeploymentState state;
      state.set_status(status);
      state.set_stop_requested(reason);
      for (const Verb verb : {Verb::kPause, Verb::kResume, Verb::kPromote}) {
        const absl::Status refused = CheckVerb(verb, state);
        EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
        EXPECT_TRUE(absl::StrContains(refused.message(), StatusName(status))) << refused;
      }
      EXPECT_TRUE(CheckVerb(Verb::kAbort, state).ok());
      EXPECT_TRUE(CheckVerb(Verb::kRollback, state).ok());
    }
  }
}

}  // namespace
}  // namespace sluice
