// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Targets that come and go do not become more and more in what is known of their service.

#include <string>
#include <vector>

#include "base/clock.h"
#include "drivers/record_store/memory_record_store.h"
#include "engine/registry.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TargetList ListOf(const std::vector<std::string>& ids) {
  TargetList targets;
  for (const std::string& id : ids) targets.Add()->set_id(id);
  return targets;
}

// A registry on a store, and on the same store again.
class ForgetTargetsTest : public testing::Test {
 protected:
  ForgetTargetsTest() { Start(); }

  void Start() {
    journal_ = nullptr;
    registry_ = std::make_unique<Registry>(clock_, 5);
    journal_ = Journal::Start(clock_, store_, {}).value();
    registry_->Restore(*store_.Load(), *journal_);
    Settle();
  }
  void Settle() { EXPECT_TRUE(registry_->AwaitDurable().ok()); }
  // A deployment of these targets to version 2.0 that has ended well.
  void Deploy(const std::string& id, const std::vector<std::string>& targets,
              const std::string& service = "shop") {
    v1::DeploymentState state;
    state.set_id(id);
    state.set_service(service);
    state.set_version("2.0");
    state.set_status(v1::STATUS_IN_PROGRESS);
    for (const std::string& target : targets) {
      v1::TargetState& added = *state.add_targets();
      added.mutable_target()->set_id(target);
      added.mutable_target()->set_version("2.0");
      added.set_phase(v1::TARGET_PHASE_SUCCEEDED);
    }
    registry_->Insert(state);
    const auto end = [](v1::DeploymentState& record) {
      record.set_status(v1::STATUS_COMPLETED);
      return absl::OkStatus();
    };
    EXPECT_TRUE(registry_->Update(id, end).ok());
    Settle();
  }
  size_t Forget(size_t most, const std::vector<std::string>& kept = {}) {
    const size_t forgotten = registry_->ForgetTargets("shop", most, ListOf(kept));
    Settle();
    return forgotten;
  }
  // The targets whose version is known.
  std::vector<std::string> Known(const std::string& service = "shop") const {
    std::vector<std::string> known;
    const ServiceMemory memory =
        registry_->MemoryOf(service, ListOf({"a1", "a2", "b1", "b2", "c1", "c2"}));
    for (const auto& [id, version] : memory.target_versions) known.push_back(id);
    return known;
  }

  RealClock clock_;
  MemoryRecordStore store_;
  std::unique_ptr<Registry> registry_;
  std::unique_ptr<Journal> journal_;
};

TEST_F(ForgetTargetsTest, ThoseOfTheOldestDeploymentsGo) {
  Deploy("d1", {"a1", "a2"});
  Deploy("d2", {"b1", "b2"});
  EXPECT_EQ(Forget(4), 0);
  Deploy("d3", {"c1"});
  EXPECT_EQ(Forget(4), 4) << "one is a third of four";
  EXPECT_THAT(Known(), ElementsAre("c1"));
}

TEST_F(ForgetTargetsTest, ADeploymentIsKeptAsAWhole) {
  Deploy("d1", {"a1", "a2"});
  Deploy("d2", {"b1", "b2"});
  Deploy("d3", {"c1", "a1"});
  EXPECT_EQ(Forget(4), 3);
  EXPECT_THAT(Known(), ElementsAre("a1", "c1"));
}

TEST_F(ForgetTargetsTest, ThoseThatAreConfiguredStay) {
  Deploy("d1", {"a1", "a2"});
  Deploy("d2", {"b1", "b2"});
  EXPECT_EQ(Forget(3, {"a2", "c2"}), 3);
  EXPECT_THAT(Known(), ElementsAre("a2"));
}

TEST_F(ForgetTargetsTest, ThoseOfOtherServicesStay) {
  Deploy("d1", {"a1", "a2"}, "blog");
  Deploy("d2", {"b1", "b2"});
  Deploy("d3", {"c1", "c2"});
  EXPECT_EQ(Forget(3), 2);
  EXPECT_THAT(Known("blog"), ElementsAre("a1", "a2"));
  EXPECT_EQ(registry_->ForgetTargets("unknown", 0, {}), 0);
}

TEST_F(ForgetTargetsTest, AlsoAfterARestart) {
  Deploy("d1", {"a1", "a2"});
  Deploy("d2", {"b1", "b2"});
  Forget(3);
  Start();
  EXPECT_THAT(Known(), ElementsAre("b1", "b2"));
}

TEST_F(ForgetTargetsTest, WhatIsKnownIsToldOfTheTargetsThatAreAskedForAlone) {
  Deploy("d1", {"a1", "a2"});
  EXPECT_THAT(registry_->MemoryOf("shop").target_versions, IsEmpty());
  EXPECT_EQ(registry_->MemoryOf("shop").active_version, "2.0");
  EXPECT_EQ(registry_->MemoryOf("shop", ListOf({"a2", "b1"})).target_versions.size(), 1u);
}

}  // namespace
}  // namespace sluice
