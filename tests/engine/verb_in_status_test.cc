// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The control verbs by the status that they find: every pair of both, and a deployment that waits
// behind the calls of others.

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "engine/engine_fixture.h"
#include "gmock/gmock.h"
#include "strategy/deployment_state.h"

namespace sluice {
namespace {

using testing::SizeIs;

const char kGated[] = "strategy { canary_deployment { stages: [50, 100] manual_promotion: true } }";

struct VerbInStatus {
  std::string verb;
  v1::Status status;
  bool legal;
};

// Every pair of a verb and a status.
std::vector<VerbInStatus> AllPairs() {
  const v1::Status kStatuses[] = {v1::STATUS_PENDING, v1::STATUS_IN_PROGRESS,
                                  v1::STATUS_PAUSED,  v1::STATUS_COMPLETED,
                                  v1::STATUS_FAILED,  v1::STATUS_ROLLED_BACK};
  const std::map<std::string, std::vector<v1::Status>> kLegal = {
      {"pause", {v1::STATUS_IN_PROGRESS}},
      {"resume", {v1::STATUS_PAUSED}},
      // In progress means here that a call runs: nothing waits.
      {"promote", {v1::STATUS_PAUSED}},
      {"promote_full", {v1::STATUS_IN_PROGRESS, v1::STATUS_PAUSED}},
      {"abort", {v1::STATUS_PENDING, v1::STATUS_IN_PROGRESS, v1::STATUS_PAUSED}},
      {"rollback",
       {v1::STATUS_PENDING, v1::STATUS_IN_PROGRESS, v1::STATUS_PAUSED, v1::STATUS_COMPLETED,
        v1::STATUS_FAILED}},
  };
  std::vector<VerbInStatus> pairs;
  for (const auto& [verb, legal] : kLegal) {
    for (const v1::Status status : kStatuses) {
      pairs.push_back({verb, status, std::count(legal.begin(), legal.end(), status) > 0});
    }
  }
  return pairs;
}

class VerbInStatusTest : public EngineTest, public testing::WithParamInterface<VerbInStatus> {
 protected:
  // A deployment that is in `status` and stays there.
  std::string DeployUntil(v1::Status status) {
    const bool fails = status == v1::STATUS_FAILED || status == v1::STATUS_ROLLED_BACK;
    if (fails) FailDeploy("t2", "2.0");
    if (status == v1::STATUS_IN_PROGRESS) HangDeploy("t1", "2.0");
    if (status == v1::STATUS_PENDING) OccupyTheWorker();
    std::string more;
    if (status == v1::STATUS_PAUSED) more = kGated;
    if (status == v1::STATUS_FAILED) more = "on_failure { policy: FAILURE_POLICY_STOP }";
    const std::string id = Deploy(Request(more));
    AwaitStatus(id, status);
    if (status == v1::STATUS_IN_PROGRESS) world_->AwaitCalls(CallKind::kDeploy, 1);
    return id;
  }

  void OccupyTheWorker() {
    v1::DeployRequest blocker = Request(kGated);
    blocker.set_service("blocker");
    AwaitStatus(Deploy(blocker), v1::STATUS_PAUSED);
  }

  absl::Status Do(const std::string& verb, const std::string& id) {
    if (verb == "pause") return Pause(id);
    if (verb == "resume") return Resume(id);
    if (verb == "promote") return Promote(id);
    if (verb == "promote_full") return Promote(id, true);
    if (verb == "abort") return Abort(id);
    return Rollback(id);
  }
};

TEST_P(VerbInStatusTest, ActsOrNamesTheStatus) {
  Configure(2, {"shop", "blocker"});
  Start({.max_active_deployments = 1});
  const std::string id = DeployUntil(GetParam().status);
  const absl::Status result = Do(GetParam().verb, id);
  if (GetParam().legal) {
    EXPECT_TRUE(result.ok()) << result;
    return;
  }
  EXPECT_TRUE(absl::IsFailedPrecondition(result)) << result;
  EXPECT_TRUE(absl::StrContains(result.message(), StatusName(GetParam().status))) << result;
}

INSTANTIATE_TEST_SUITE_P(AllPairs, VerbInStatusTest, testing::ValuesIn(AllPairs()),
                         [](const testing::TestParamInfo<VerbInStatus>& pair) {
                           return pair.param.verb + "_" + StatusName(pair.param.status);
                         });

// What waits behind the calls of others for a thread: its targets' versions, or its deploys.
class VerbBehindOthersTest : public EngineTest, public testing::WithParamInterface<bool> {
 protected:
  // Of shop, while both threads hang in calls of another service.
  std::string DeployThatWaits() {
    v1::DeployRequest request = Request("version: '3.0' targets { id: 't1' } targets { id: 't2' }");
    if (GetParam()) {
      for (v1::Target& target : *request.mutable_targets()) target.set_version("1.0");
    }
    const std::string id = Deploy(request);
    Await(id, [](const v1::DeploymentState& state) {
      return state.status() == v1::STATUS_IN_PROGRESS &&
             (!GetParam() || state.plan().steps(0).status() == v1::STEP_STATUS_RUNNING);
    });
    return id;
  }
};

TEST_P(VerbBehindOthersTest, EndsItAtOnce) {
  Configure(2, {"hung", "shop"});
  Start({.max_target_calls = 2});
  HangDeploy("t1", "2.0");
  HangDeploy("t2", "2.0");
  v1::DeployRequest hung = Request("strategy { blue_green_deployment {} }");
  hung.set_service("hung");
  const std::string holder = Deploy(hung);
  world_->AwaitCalls(CallKind::kDeploy, 2);
  const std::string aborted = DeployThatWaits();
  ASSERT_TRUE(Abort(aborted).ok());
  EXPECT_EQ(AwaitEnd(aborted).reason(), v1::REASON_ABORTED);
  const std::string taken_back = DeployThatWaits();
  ASSERT_TRUE(Rollback(taken_back).ok());
  EXPECT_EQ(AwaitEnd(taken_back).status(), v1::STATUS_ROLLED_BACK);
  EXPECT_THAT(Deploys(), SizeIs(2));
  EXPECT_EQ(Get(holder).status(), v1::STATUS_IN_PROGRESS);
}

INSTANTIATE_TEST_SUITE_P(Versions, VerbBehindOthersTest, testing::Bool(),
                         [](const testing::TestParamInfo<bool>& told) {
                           return told.param ? "Told" : "Asked";
                         });

}  // namespace
}  // namespace sluice
