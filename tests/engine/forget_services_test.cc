// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Services that nobody configured do not become more and more.

#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/clock.h"
#include "drivers/record_store/memory_record_store.h"
#include "engine/registry.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

using testing::ElementsAre;

// A registry on a store, and on the same store again.
class ForgetServicesTest : public testing::Test {
 protected:
  ForgetServicesTest() { Start(); }

  void Start() {
    journal_ = nullptr;
    registry_ = std::make_unique<Registry>(clock_, 5);
    journal_ = Journal::Start(clock_, store_, {}).value();
    registry_->Restore(*store_.Load(), *journal_);
    Settle();
  }
  void Settle() { EXPECT_TRUE(registry_->AwaitDurable().ok()); }
  void Insert(const std::string& id, const std::string& service) {
    v1::DeploymentState state;
    state.set_id(id);
    state.set_service(service);
    state.set_version("2.0");
    state.set_status(v1::STATUS_PENDING);
    registry_->Insert(state);
  }
  void End(const std::string& id) {
    SetStatus(id, v1::STATUS_IN_PROGRESS);
    SetStatus(id, v1::STATUS_COMPLETED);
    Settle();
  }
  void SetStatus(const std::string& id, v1::Status status) {
    const auto set = [&](v1::DeploymentState& state) {
      state.set_status(status);
      return absl::OkStatus();
    };
    EXPECT_TRUE(registry_->Update(id, set).ok());
  }
  void InsertEnded(const std::string& id, const std::string& service) {
    Insert(id, service);
    End(id);
  }
  size_t Forget(size_t most) {
    const size_t forgotten =
        registry_->ForgetServices(most, [] { return std::set<std::string>{"kept"}; });
    Settle();
    return forgotten;
  }
  bool IsTooOld(int64_t revision, const std::string& service) const {
    return absl::IsOutOfRange(registry_->NextAfter(revision, {.service = service}).status());
  }

  RealClock clock_;
  MemoryRecordStore store_;
  std::unique_ptr<Registry> registry_;
  std::unique_ptr<Journal> journal_;
};

TEST_F(ForgetServicesTest, ThoseWhoseLastDeploymentIsOldestGoWithAllOfTheirs) {
  InsertEnded("d1", "kept");
  InsertEnded("d2", "a");
  InsertEnded("d3", "b");
  InsertEnded("d4", "a");
  EXPECT_EQ(Forget(2), 0);
  InsertEnded("d5", "c");
  EXPECT_EQ(Forget(1), 2);
  EXPECT_THAT(registry_->Services(), ElementsAre("c", "kept"));
  for (const std::string id : {"d2", "d3", "d4"}) EXPECT_FALSE(registry_->Get(id).ok()) << id;
  EXPECT_TRUE(registry_->Get("d1").ok());
  EXPECT_EQ(registry_->MemoryOf("a").active_version, "");
}

TEST_F(ForgetServicesTest, NoneThatIsBeingDeployed) {
  Insert("d1", "a");
  InsertEnded("d2", "b");
  Insert("d3", "c");
  EXPECT_EQ(Forget(1), 1);
  EXPECT_THAT(registry_->Services(), ElementsAre("a", "c"));
}

TEST_F(ForgetServicesTest, ATenthIsFreeAfterwards) {
  for (int i = 0; i < 21; ++i) InsertEnded(absl::StrCat("d", i), absl::StrCat("s", i));
  EXPECT_EQ(Forget(20), 3);
  EXPECT_EQ(registry_->Services().size(), 18);
}

TEST_F(ForgetServicesTest, WhereNoneCanGoItLooksAgainAtATenthMore) {
  for (int i = 0; i < 21; ++i) Insert(absl::StrCat("d", i), absl::StrCat("s", i));
  EXPECT_EQ(Forget(20), 0);
  for (int i = 0; i < 21; ++i) End(absl::StrCat("d", i));
  InsertEnded("d21", "s21");
  InsertEnded("d22", "s22");
  EXPECT_EQ(Forget(20), 0);
  InsertEnded("d23", "s23");
  EXPECT_EQ(Forget(20), 6);
}

TEST_F(ForgetServicesTest, NoneWhoseLastDeploymentIsRolledBack) {
  InsertEnded("d1", "a");
  InsertEnded("d2", "b");
  SetStatus("d1", v1::STATUS_IN_PROGRESS);
  InsertEnded("d3", "c");
  EXPECT_EQ(Forget(1), 2);
  EXPECT_THAT(registry_->Services(), ElementsAre("a"));
  SetStatus("d1", v1::STATUS_ROLLED_BACK);
  InsertEnded("d4", "d");
  EXPECT_EQ(Forget(1), 1);
  EXPECT_THAT(registry_->Services(), ElementsAre("d"));
}

TEST_F(ForgetServicesTest, WhatRestsAfterARestartCanGo) {
  InsertEnded("d1", "a");
  Insert("d2", "b");
  Start();
  InsertEnded("d3", "a");
  Insert("d4", "c");
  EXPECT_EQ(Forget(2), 1);
  EXPECT_THAT(registry_->Services(), ElementsAre("b", "c"));
}

TEST_F(ForgetServicesTest, AlsoAfterARestart) {
  InsertEnded("d1", "a");
  InsertEnded("d2", "b");
  EXPECT_EQ(Forget(1), 1);
  Start();
  EXPECT_THAT(registry_->Services(), ElementsAre("b"));
  EXPECT_FALSE(registry_->Get("d1").ok());
  EXPECT_EQ(store_.Load()->services.size(), 1);
}

TEST_F(ForgetServicesTest, WhoWatchesAForgottenServiceIsTold) {
  InsertEnded("d1", "a");
  const int64_t before = registry_->newest_revision() - 1;
  const int64_t last = registry_->newest_revision();
  InsertEnded("d2", "b");
  EXPECT_FALSE(IsTooOld(before, "a"));
  EXPECT_EQ(Forget(1), 1);
  EXPECT_TRUE(IsTooOld(before, "a"));
  EXPECT_FALSE(IsTooOld(last, "a"));
  EXPECT_FALSE(IsTooOld(before, "b"));
  // Deployed again it is the same to its watchers, also when that is all that a restart finds.
  Insert("d3", "a");
  Settle();
  EXPECT_TRUE(IsTooOld(before, "a"));
  Start();
  EXPECT_TRUE(IsTooOld(before, "a"));
  EXPECT_FALSE(IsTooOld(last, "a"));
  EXPECT_FALSE(IsTooOld(before, "b"));
}

TEST_F(ForgetServicesTest, ADraftFromBeforeIsKnownToBeOld) {
  InsertEnded("d1", "a");
  InsertEnded("d2", "b");
  const int64_t drafted = registry_->MemoryOf("a").changes;
  EXPECT_EQ(Forget(1), 1);
  Insert("d3", "a");
  EXPECT_NE(registry_->MemoryOf("a").changes, drafted);
}

}  // namespace
}  // namespace sluice
