// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// What is accepted, and what a request may find the daemon like: busy, full, shutting down, asked
// before.

#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/engine_fixture.h"
#include "gmock/gmock.h"

namespace sluice {
namespace {

using testing::Each;
using testing::SizeIs;

using VerbsTest = EngineTest;

const char kGated[] = "strategy { canary_deployment { stages: [50, 100] manual_promotion: true } }";

TEST_F(VerbsTest, OneActiveDeploymentAServiceAndTheHolderIsNamed) {
  Configure(2, {"shop", "blog"});
  Start();
  const std::string holder = Deploy(Request(kGated));
  AwaitStatus(holder, v1::STATUS_PAUSED);
  const absl::Status refused = manager_->Deploy(Request("version: '3.0'")).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(refused));
  EXPECT_TRUE(absl::StrContains(refused.message(), holder)) << refused;
  v1::DeployRequest other = Request();
  other.set_service("blog");
  EXPECT_EQ(AwaitEnd(Deploy(other)).status(), v1::STATUS_COMPLETED);
}

TEST_F(VerbsTest, AServiceIsFreeAsSoonAsItsDeploymentHasEnded) {
  StartWith(1);
  for (int i = 0; i < 200; ++i) {
    const auto accepted = manager_->Deploy(Request(absl::StrCat("version: 'v", i, "'")));
    ASSERT_TRUE(accepted.ok()) << accepted.status();
    ASSERT_EQ(AwaitEnd((*accepted)->state().id()).status(), v1::STATUS_COMPLETED);
  }
}

TEST_F(VerbsTest, AHundredParallelRequestsWithOneIdMakeOneDeployment) {
  StartWith(1);
  const v1::DeployRequest request = Request("request_id: 'r-1'");
  std::vector<std::string> ids(100);
  {
    std::vector<std::jthread> threads;
    for (std::string& id : ids) {
      threads.emplace_back([&] {
        const auto accepted = manager_->Deploy(request);
        id = accepted.ok() ? (*accepted)->state().id() : accepted.status().ToString();
      });
    }
  }
  EXPECT_THAT(ids, Each("d1"));
  EXPECT_EQ(AwaitEnd("d1").status(), v1::STATUS_COMPLETED);
  EXPECT_THAT(Deploys(), SizeIs(1));
  v1::DeployRequest other = request;
  other.set_version("3.0");
  EXPECT_TRUE(absl::IsAlreadyExists(manager_->Deploy(other).status()));
}

TEST_F(VerbsTest, ARequestIdIsKnownThoughTheServiceIsGone) {
  StartWith(1);
  const v1::DeployRequest request = Request("request_id: 'r-1'");
  const std::string id = Run(request).id();
  catalog_.Replace({});
  EXPECT_EQ(Deploy(request), id);
  EXPECT_TRUE(absl::IsInvalidArgument(manager_->Deploy(Request("request_id: 'r-2'")).status()));
}

TEST_F(VerbsTest, MoreThanMayWaitAreRefused) {
  Configure(2, {"a", "b", "c", "d"});
  Start({.max_active_deployments = 1, .max_pending_deployments = 2});
  const auto request_of = [](const std::string& service) {
    v1::DeployRequest request = Request(kGated);
    request.set_service(service);
    return request;
  };
  const std::string running = Deploy(request_of("a"));
  AwaitStatus(running, v1::STATUS_PAUSED);
  const std::string waiting = Deploy(request_of("b"));
  Deploy(request_of("c"));
  const absl::Status refused = manager_->Deploy(request_of("d")).status();
  EXPECT_TRUE(absl::IsResourceExhausted(refused)) << refused;
  EXPECT_TRUE(absl::IsNotFound(registry_->LatestOf("d").status())) << "nothing recorded";
  EXPECT_EQ(Get(waiting).status(), v1::STATUS_PENDING);
  ASSERT_TRUE(Abort(running).ok());
  AwaitStatus(waiting, v1::STATUS_PAUSED);
}

TEST_F(VerbsTest, AServiceWhoseWaitingDeploymentWasAbortedIsFree) {
  Configure(2, {"shop", "blocker"});
  Start({.max_active_deployments = 1});
  v1::DeployRequest blocker = Request(kGated);
  blocker.set_service("blocker");
  AwaitStatus(Deploy(blocker), v1::STATUS_PAUSED);
  const std::string waiting = Deploy(Request());
  ASSERT_TRUE(Abort(waiting).ok());
  EXPECT_EQ(Get(waiting).status(), v1::STATUS_FAILED);
  EXPECT_EQ(Get(waiting).fleet().version(), "1.0");
  EXPECT_TRUE(manager_->Deploy(Request()).ok());
}

TEST_F(VerbsTest, ADrainEndsWhatRunsAndRefusesWhatComes) {
  Configure(2, {"shop", "blog"});
  Start();
  HangDeploy("t1", "2.0");
  const std::string hung = Deploy(Request());
  world_->AwaitCalls(CallKind::kDeploy, 1);
  v1::DeployRequest other = Request(absl::StrCat("version: '3.0' ", kGated));
  other.set_service("blog");
  const std::string gated = Deploy(other);
  AwaitStatus(gated, v1::STATUS_PAUSED);
  EXPECT_EQ(manager_->Drain(absl::ZeroDuration(), absl::InfiniteDuration()), 0U);
  for (const std::string& id : {hung, gated}) {
    EXPECT_EQ(Get(id).status(), v1::STATUS_FAILED);
    EXPECT_EQ(Get(id).reason(), v1::REASON_SHUTDOWN);
  }
  EXPECT_TRUE(absl::IsUnavailable(manager_->Deploy(Request()).status()));
  EXPECT_TRUE(absl::IsUnavailable(Rollback(hung)));
  EXPECT_TRUE(absl::IsUnavailable(Abort(hung)));
}

}  // namespace
}  // namespace sluice
