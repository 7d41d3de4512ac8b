// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Where a way back calls its targets when the configuration has changed since the deployment.

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "engine/resume_fixture.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

using testing::Contains;
using testing::Pair;
using testing::UnorderedElementsAre;

class PresentAddressTest : public ResumeTest {
 protected:
  // The address to which each target's last deploy call went.
  class Addressed final : public Deployer {
   public:
    explicit Addressed(std::shared_ptr<FakeWorld> world) : world_(std::move(world)) {}

    CallResult Deploy(const TargetCall& call, std::stop_token stop) override {
      {
        MutexLock lock(mutex_);
        called_[call.target_id] = call.target_address;
      }
      return world_->Deploy(call, std::move(stop));
    }
    absl::StatusOr<std::string> RunningVersion(const TargetCall& call,
                                               std::stop_token stop) override {
      return world_->RunningVersion(call, std::move(stop));
    }
    absl::Duration MaxDuration() const override { return world_->MaxDuration(); }

    std::map<std::string, std::string> called() const {
      MutexLock lock(mutex_);
      return called_;
    }

   private:
    const std::shared_ptr<FakeWorld> world_;
    mutable Mutex mutex_;
    std::map<std::string, std::string> called_ ABSL_GUARDED_BY(mutex_);
  };

  void Reconfigure(const std::function<void(config::v1::Service&)>& change) {
    auto definition = std::make_shared<ServiceDefinition>(*catalog_.Find("shop"));
    definition->ports.deployer = deployer_;
    change(definition->config);
    catalog_.Replace({definition});
  }
  void GiveAddresses() {
    Reconfigure([](config::v1::Service& shop) {
      for (v1::Target& target : *shop.mutable_targets()) target.set_address(target.id() + ":old");
    });
  }
  // t1 at another address, t2 gone.
  void Move() {
    Reconfigure([](config::v1::Service& shop) {
      shop.mutable_targets()->RemoveLast();
      shop.mutable_targets(0)->set_address("t1:new");
    });
  }

  const std::shared_ptr<Addressed> deployer_ = std::make_shared<Addressed>(world_);
};

TEST_F(PresentAddressTest, ARollbackOfWhatHasEndedCallsIt) {
  Configure(2);
  GiveAddresses();
  Start();
  const std::string id = Run(Request()).id();
  Move();
  ASSERT_TRUE(Rollback(id).ok());
  const v1::DeploymentState state = RunToEnd(id);
  EXPECT_EQ(state.status(), v1::STATUS_ROLLED_BACK) << state.message();
  EXPECT_THAT(deployer_->called(),
              UnorderedElementsAre(Pair("t1", "t1:new"), Pair("t2", "t2:old")));
  EXPECT_EQ(state.targets(0).target().address(), "t1:new");
}

TEST_F(PresentAddressTest, ADeploymentThatRunsKeepsThoseItBeganWith) {
  Configure(2);
  GiveAddresses();
  Start();
  HangDeploy("t2", "2.0");
  const std::string id = Deploy(Request());
  world_->AwaitCalls(CallKind::kDeploy, 2);
  Move();
  ASSERT_TRUE(Rollback(id).ok());
  RunToEnd(id);
  EXPECT_THAT(deployer_->called(),
              UnorderedElementsAre(Pair("t1", "t1:old"), Pair("t2", "t2:old")));
}

// An address may be the request's own then, and nobody could tell.
TEST_F(PresentAddressTest, WhereRequestsMayBringTargetsTheRecordedOneIsCalled) {
  Configure(2);
  GiveAddresses();
  Reconfigure([](config::v1::Service& shop) { shop.set_allow_request_targets(true); });
  Start();
  const std::string id = Run(Request()).id();
  Move();
  ASSERT_TRUE(Rollback(id).ok());
  RunToEnd(id);
  EXPECT_THAT(deployer_->called(),
              UnorderedElementsAre(Pair("t1", "t1:old"), Pair("t2", "t2:old")));
}

// What came of the call there is still to be asked.
TEST_F(PresentAddressTest, AfterARestartATargetThatWasBegunWithKeepsIts) {
  Configure(2);
  GiveAddresses();
  StartDurable();
  const std::string id = Run(Request()).id();
  HangDeploy("t1", "1.0");
  ASSERT_TRUE(Rollback(id).ok());
  world_->AwaitCalls(CallKind::kDeploy, 3);
  Crash();
  Move();
  world_->Script(CallKind::kDeploy, "t1", "1.0", {});
  StartDurable();
  RunToEnd(id);
  EXPECT_THAT(deployer_->called(), Contains(Pair("t1", "t1:old")));
}

}  // namespace
}  // namespace sluice
