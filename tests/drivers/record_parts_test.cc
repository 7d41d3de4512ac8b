// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Taking an encoded record apart, and putting it together again.

#include "drivers/record_store/record_parts.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "sluice/v1/deployment.pb.h"

namespace sluice {
namespace {

v1::Plan PlanOf(int steps, const std::string& version) {
  v1::Plan plan;
  plan.set_version(version);
  for (int i = 0; i < steps; ++i) {
    v1::Step& step = *plan.add_steps();
    step.set_name(absl::StrCat("batch ", i));
    step.mutable_deploy_targets()->add_target_ids(absl::StrCat("host-", i));
  }
  return plan;
}

v1::DeploymentState RecordOf(int targets, int steps) {
  v1::DeploymentState state;
  state.set_id("d1");
  state.set_revision(7);
  (*state.mutable_metadata())["team"] = "north";
  for (int i = 0; i < targets; ++i) {
    state.add_targets()->mutable_target()->set_id(absl::StrCat("host-", i));
  }
  *state.mutable_plan() = PlanOf(steps, "2.0");
  *state.mutable_deploy_plan() = PlanOf(steps / 2, "3.0");
  state.set_request_id("r1");
  return state;
}

RecordParts Split(const v1::DeploymentState& state) {
  return SplitRecord(state.SerializeAsString());
}

v1::DeploymentState Joined(const RecordParts& record) {
  v1::DeploymentState state;
  EXPECT_TRUE(state.ParseFromString(record.head));
  for (const std::string& part : record.parts) EXPECT_TRUE(state.MergeFromString(part));
  return state;
}

TEST(RecordPartsTest, TogetherTheyAreTheRecord) {
  for (const int targets : {0, 1, 31, 32, 33, 64, 65, 1000}) {
    for (const int steps : {0, 1, 8, 9, 200}) {
      const v1::DeploymentState state = RecordOf(targets, steps);
      EXPECT_EQ(Joined(Split(state)).DebugString(), state.DebugString()) << targets << " " << steps;
    }
  }
}

TEST(RecordPartsTest, ASmallRecordIsAllHead) {
  const v1::DeploymentState state = RecordOf(20, 8);
  const RecordParts record = Split(state);
  EXPECT_TRUE(record.parts.empty());
  EXPECT_EQ(record.head.size(), state.ByteSizeLong());
}

TEST(RecordPartsTest, AChangeOfATargetAndItsStepChangesTheirPartsAlone) {
  v1::DeploymentState state = RecordOf(1000, 100);
  const RecordParts before = Split(state);
  state.mutable_targets(500)->set_error(std::string(300, 'e'));
  state.mutable_plan()->mutable_steps(50)->set_status(v1::STEP_STATUS_RUNNING);
  state.set_revision(8);
  const RecordParts after = Split(state);
  ASSERT_EQ(after.parts.size(), before.parts.size());
  int changed = 0;
  for (size_t i = 0; i < after.parts.size(); ++i) changed += after.parts[i] != before.parts[i];
  EXPECT_EQ(changed, 2);
}

TEST(RecordPartsTest, NoPartIsLargeUnlessATargetOrStepIs) {
  const RecordParts record = Split(RecordOf(10'000, 10'000));
  EXPECT_LT(record.head.size(), 2000u);
  for (const std::string& part : record.parts) EXPECT_LT(part.size(), 1000u);
}

}  // namespace
}  // namespace sluice
