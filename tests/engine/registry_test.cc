// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The records and their order of revisions, as watchers see it.

#include "engine/registry.h"

#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "strategy/deployment_state.h"
#include "support/fake_clock.h"

namespace sluice {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class RegistryTest : public testing::Test {
 protected:
  void Insert(const std::string& id, const std::string& service = "shop") {
    v1::DeploymentState state;
    state.set_id(id);
    state.set_service(service);
    state.set_version("2.0");
    state.set_previous_version("1.0");
    state.set_status(v1::STATUS_PENDING);
    registry_.Insert(state);
  }
  absl::Status Move(const std::string& id, v1::Status status) {
    return registry_.Update(id, [&](v1::DeploymentState& state) {
      state.set_status(status);
      return absl::OkStatus();
    });
  }
  void End(const std::string& id, v1::Status status) {
    EXPECT_TRUE(Move(id, v1::STATUS_IN_PROGRESS).ok());
    EXPECT_TRUE(Move(id, status).ok());
  }
  void InsertEnded(const std::string& id, const std::string& service = "shop") {
    Insert(id, service);
    End(id, v1::STATUS_COMPLETED);
  }
  // What a reader that begins after `revision` gets: "d1=completed".
  std::vector<std::string> ReadFrom(int64_t revision, const RecordFilter& filter = {}) {
    std::vector<std::string> seen;
    while (true) {
      const auto next = registry_.NextAfter(revision, filter);
      EXPECT_TRUE(next.ok()) << next.status();
      if (!next.ok() || *next == nullptr) return seen;
      const v1::DeploymentState& state = (*next)->state();
      EXPECT_GT(state.revision(), revision);
      revision = state.revision();
      seen.push_back(absl::StrCat(state.id(), "=", StatusName(state.status())));
    }
  }
  RecordFilter Beginning() { return {.begun = registry_.newest_revision()}; }
  int64_t RevisionOf(const std::string& id) { return (*registry_.Get(id))->state().revision(); }

  FakeClock clock_;
  Registry registry_{clock_, 3};
};

TEST_F(RegistryTest, AReaderSeesTheLatestStateOfEachRecordInOrderOfRevisions) {
  Insert("d1");
  Insert("d2", "blog");
  EXPECT_TRUE(Move("d1", v1::STATUS_IN_PROGRESS).ok());
  EXPECT_TRUE(Move("d1", v1::STATUS_PAUSED).ok());
  EXPECT_THAT(ReadFrom(0), ElementsAre("d2=pending", "d1=paused"));
  EXPECT_THAT(ReadFrom(0, {.deployment_id = "d2"}), ElementsAre("d2=pending"));
  EXPECT_THAT(ReadFrom(0, {.service = "shop"}), ElementsAre("d1=paused"));
  EXPECT_THAT(ReadFrom(RevisionOf("d1")), IsEmpty());
}

TEST_F(RegistryTest, ATerminalStateIsSeenThoughARollbackReplacedIt) {
  InsertEnded("d1");
  const int64_t before = RevisionOf("d1") - 1;
  EXPECT_TRUE(Move("d1", v1::STATUS_IN_PROGRESS).ok());
  EXPECT_THAT(ReadFrom(before), ElementsAre("d1=completed", "d1=in_progress"));
  EXPECT_TRUE(Move("d1", v1::STATUS_FAILED).ok());
  EXPECT_TRUE(Move("d1", v1::STATUS_IN_PROGRESS).ok());
  EXPECT_TRUE(Move("d1", v1::STATUS_ROLLED_BACK).ok());
  EXPECT_THAT(ReadFrom(before), ElementsAre("d1=completed", "d1=failed", "d1=rolled_back"));
}

TEST_F(RegistryTest, KeepsTheLastFinishedRecordsOfEachService) {
  for (int i = 1; i <= 5; ++i) InsertEnded(absl::StrCat("d", i));
  InsertEnded("other", "blog");
  EXPECT_TRUE(absl::IsNotFound(registry_.Get("d1").status()));
  EXPECT_TRUE(absl::IsNotFound(registry_.Get("d2").status()));
  EXPECT_TRUE(registry_.Get("d3").ok());
  EXPECT_TRUE(registry_.Get("other").ok());
}

TEST_F(RegistryTest, NeverForgetsWhatStillRuns) {
  Insert("old");
  EXPECT_TRUE(Move("old", v1::STATUS_IN_PROGRESS).ok());
  for (int i = 1; i <= 5; ++i) InsertEnded(absl::StrCat("d", i));
  EXPECT_TRUE(registry_.Get("old").ok());
}

TEST_F(RegistryTest, AReaderThatMissedForgottenRecordsIsTold) {
  InsertEnded("d1");
  const int64_t early = 1;
  for (int i = 2; i <= 5; ++i) InsertEnded(absl::StrCat("d", i));
  EXPECT_TRUE(absl::IsOutOfRange(registry_.NextAfter(early, {}).status()));
  EXPECT_TRUE(absl::IsOutOfRange(registry_.NextAfter(early, {.service = "shop"}).status()));
  EXPECT_THAT(ReadFrom(0), ElementsAre("d3=completed", "d4=completed", "d5=completed"));
}

TEST_F(RegistryTest, AReaderThatBeginsMissesNothingOfWhatWasForgottenBefore) {
  InsertEnded("quiet", "blog");
  for (int i = 1; i <= 5; ++i) InsertEnded(absl::StrCat("d", i));
  EXPECT_THAT(ReadFrom(0, Beginning()),
              ElementsAre("quiet=completed", "d3=completed", "d4=completed", "d5=completed"));
}

TEST_F(RegistryTest, AReaderThatBeginsIsToldWhatItMissesFromThenOn) {
  InsertEnded("quiet", "blog");
  for (int i = 1; i <= 5; ++i) InsertEnded(absl::StrCat("d", i));
  const RecordFilter filter = Beginning();
  const int64_t revision = (*registry_.NextAfter(0, filter))->state().revision();
  for (int i = 6; i <= 8; ++i) InsertEnded(absl::StrCat("d", i));
  EXPECT_THAT(ReadFrom(revision, filter),
              ElementsAre("d6=completed", "d7=completed", "d8=completed"))
      << "d3 to d5 had ended before";
  InsertEnded("d9");
  for (const int64_t seen : {int64_t{0}, revision}) {
    EXPECT_TRUE(absl::IsOutOfRange(registry_.NextAfter(seen, filter).status())) << "without d6";
  }
}

TEST_F(RegistryTest, AReaderThatBeginsIsToldOfAnEndThatItMissesThoughItBeganBefore) {
  Insert("d1");
  EXPECT_TRUE(Move("d1", v1::STATUS_IN_PROGRESS).ok());
  const RecordFilter filter = Beginning();
  EXPECT_TRUE(Move("d1", v1::STATUS_COMPLETED).ok());
  for (int i = 2; i <= 4; ++i) InsertEnded(absl::StrCat("d", i));
  EXPECT_TRUE(absl::IsOutOfRange(registry_.NextAfter(0, filter).status()));
}

TEST_F(RegistryTest, AReaderOfOneServiceIsNotDisturbedByAnother) {
  Insert("quiet", "blog");
  const int64_t seen = RevisionOf("quiet");
  for (int i = 1; i <= 9; ++i) InsertEnded(absl::StrCat("d", i));
  EXPECT_THAT(ReadFrom(seen, {.service = "blog"}), IsEmpty());
  EXPECT_THAT(ReadFrom(seen, {.deployment_id = "quiet"}), IsEmpty());
  End("quiet", v1::STATUS_COMPLETED);
  EXPECT_THAT(ReadFrom(seen, {.service = "blog"}), ElementsAre("quiet=completed"));
  EXPECT_THAT(ReadFrom(seen, {.deployment_id = "quiet"}), ElementsAre("quiet=completed"));
}

TEST_F(RegistryTest, RefusesAnIllegalTransition) {
  Insert("d1");
  const int64_t before = RevisionOf("d1");
  const absl::Status status = Move("d1", v1::STATUS_COMPLETED);
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_EQ((*registry_.Get("d1"))->state().status(), v1::STATUS_PENDING);
  EXPECT_EQ(RevisionOf("d1"), before);
}

TEST_F(RegistryTest, AChangeThatFailsIsNoChange) {
  Insert("d1");
  const int64_t before = RevisionOf("d1");
  const absl::Status status =
      registry_.Update("d1", [](v1::DeploymentState&) { return absl::AbortedError("no"); });
  EXPECT_TRUE(absl::IsAborted(status));
  EXPECT_EQ(RevisionOf("d1"), before);
}

TEST_F(RegistryTest, ASnapshotStaysAsItWas) {
  Insert("d1");
  const SnapshotPtr before = *registry_.Get("d1");
  EXPECT_EQ(before, *registry_.Get("d1"));
  EXPECT_TRUE(Move("d1", v1::STATUS_IN_PROGRESS).ok());
  EXPECT_EQ(before->state().status(), v1::STATUS_PENDING);
  v1::DeploymentState decoded;
  EXPECT_TRUE(decoded.ParseFromString(before->Wire()));
  EXPECT_EQ(decoded.status(), v1::STATUS_PENDING);
}

TEST_F(RegistryTest, ResolvesUniquePrefixes) {
  for (const std::string id : {"abc1", "abd2", "abd"}) Insert(id);
  EXPECT_EQ(*registry_.Resolve("abc"), "abc1");
  EXPECT_EQ(*registry_.Resolve("abd"), "abd");  // A whole id wins over a longer one.
  EXPECT_EQ(*registry_.Resolve("abd2"), "abd2");
  const absl::Status several = registry_.Resolve("ab").status();
  EXPECT_TRUE(absl::IsInvalidArgument(several));
  EXPECT_TRUE(absl::StrContains(several.message(), "abc1, abd, abd2")) << several;
  EXPECT_TRUE(absl::IsNotFound(registry_.Resolve("x").status()));
  EXPECT_TRUE(absl::IsInvalidArgument(registry_.Resolve("").status()));
}

TEST_F(RegistryTest, APrefixIsOneOfWhatTheReaderSees) {
  Insert("abc1", "shop");
  Insert("abd2", "hidden");
  const auto sees = [](const std::string& service) { return service == "shop"; };
  EXPECT_EQ(*registry_.Resolve("ab", sees), "abc1");
  const absl::Status hidden = registry_.Resolve("abd", sees).status();
  EXPECT_EQ(hidden, NoDeployment("abd")) << "as if it were not there";
  EXPECT_EQ(*registry_.Resolve("abd2", sees), "abd2") << "whole ids are judged by the caller";
}

TEST_F(RegistryTest, PagesAreFullOfWhatTheReaderSees) {
  for (int i = 1; i <= 9; ++i) Insert(absl::StrCat("d", i), i % 3 == 0 ? "shop" : "hidden");
  v1::ListStatesRequest request;
  request.set_page_size(2);
  const auto sees = [](const std::string& service) { return service == "shop"; };
  const auto first = registry_.List(request, sees);
  ASSERT_EQ(first->states_size(), 2);
  EXPECT_EQ(first->states(1).id(), "d6");
  request.set_page_token(first->next_page_token());
  const auto last = registry_.List(request, sees);
  ASSERT_EQ(last->states_size(), 1);
  EXPECT_EQ(last->states(0).id(), "d3");
  EXPECT_EQ(last->next_page_token(), "") << "what is hidden makes no page";
}

TEST_F(RegistryTest, APageEndsBeforeItIsTooLarge) {
  for (int i = 1; i <= 5; ++i) Insert(absl::StrCat("d", i));
  for (int i = 1; i <= 5; ++i) {
    EXPECT_TRUE(registry_
                    .Update(absl::StrCat("d", i),
                            [](v1::DeploymentState& state) {
                              state.set_message(std::string(2 << 20, 'x'));
                              return absl::OkStatus();
                            })
                    .ok());
  }
  v1::ListStatesRequest request;
  int pages = 0;
  do {
    const auto page = registry_.List(request);
    EXPECT_EQ(page->states_size(), 1);
    request.set_page_token(page->next_page_token());
    ++pages;
  } while (!request.page_token().empty());
  EXPECT_EQ(pages, 5);
}

TEST_F(RegistryTest, KnowsWhatAServiceHasRun) {
  InsertEnded("d1");
  Insert("d2", "blog");
  const auto set = [](v1::DeploymentState& state) {
    state.set_version("v2");
    state.set_previous_version("v1");
    state.add_targets()->set_previous_version("v0");
    return absl::OkStatus();
  };
  for (const char* id : {"d1", "d2"}) EXPECT_TRUE(registry_.Update(id, set).ok());
  for (const char* version : {"v0", "v1", "v2"}) EXPECT_TRUE(registry_.HasRun("shop", version));
  EXPECT_FALSE(registry_.HasRun("shop", "v3"));
  EXPECT_TRUE(registry_.HasRun("blog", "v1"));
  EXPECT_FALSE(registry_.HasRun("blog", "v2")) << "it has not completed";
  EXPECT_FALSE(registry_.HasRun("none", "v1"));
}

TEST_F(RegistryTest, ListsNewestFirstPageByPage) {
  for (int i = 1; i <= 5; ++i) Insert(absl::StrCat("d", i), i % 2 == 0 ? "blog" : "shop");
  v1::ListStatesRequest request;
  request.set_page_size(2);
  std::vector<std::string> ids;
  int pages = 0;
  do {
    const auto page = registry_.List(request);
    ASSERT_TRUE(page.ok()) << page.status();
    for (const v1::DeploymentState& state : page->states()) ids.push_back(state.id());
    request.set_page_token(page->next_page_token());
    ++pages;
    Insert(absl::StrCat("later", pages));  // Does not disturb the pages that follow.
  } while (!request.page_token().empty());
  EXPECT_EQ(pages, 3);
  EXPECT_THAT(ids, ElementsAre("d5", "d4", "d3", "d2", "d1"));
}

TEST_F(RegistryTest, ListsByServiceAndStatus) {
  Insert("d1");
  InsertEnded("d2");
  InsertEnded("d3", "blog");
  v1::ListStatesRequest request;
  request.set_service("shop");
  request.add_statuses(v1::STATUS_COMPLETED);
  request.add_statuses(v1::STATUS_FAILED);
  const auto page = registry_.List(request);
  ASSERT_TRUE(page.ok());
  ASSERT_EQ(page->states_size(), 1);
  EXPECT_EQ(page->states(0).id(), "d2");
  EXPECT_EQ(page->next_page_token(), "");
}

TEST_F(RegistryTest, RefusesABadPage) {
  v1::ListStatesRequest request;
  request.set_page_size(-1);
  EXPECT_TRUE(absl::IsInvalidArgument(registry_.List(request).status()));
  request.set_page_size(0);
  request.set_page_token("next");
  EXPECT_TRUE(absl::IsInvalidArgument(registry_.List(request).status()));
}

TEST_F(RegistryTest, RemembersWhatEachServiceRuns) {
  InsertEnded("d1");
  EXPECT_EQ(registry_.MemoryOf("shop").active_version, "2.0");
  EXPECT_EQ(registry_.MemoryOf("shop").latest_deployment_id, "d1");
  Insert("d2");
  End("d2", v1::STATUS_ROLLED_BACK);
  EXPECT_EQ(registry_.MemoryOf("shop").active_version, "1.0");
  Insert("d3");
  End("d3", v1::STATUS_FAILED);
  EXPECT_EQ(registry_.MemoryOf("shop").active_version, "1.0");
  EXPECT_EQ(registry_.MemoryOf("blog").active_version, "");
  EXPECT_THAT(registry_.Services(), ElementsAre("shop"));
}

TEST_F(RegistryTest, TakingBackARedeployOfTheActiveVersionForgetsNothing) {
  InsertEnded("d1");
  Insert("d2");
  EXPECT_TRUE(registry_
                  .Update("d2",
                          [](v1::DeploymentState& state) {
                            state.clear_previous_version();
                            return absl::OkStatus();
                          })
                  .ok());
  End("d2", v1::STATUS_ROLLED_BACK);
  EXPECT_EQ(registry_.MemoryOf("shop").active_version, "2.0");
}

TEST_F(RegistryTest, CloseEndsTheWaitForAChange) {
  Insert("d1");
  const int64_t seen = RevisionOf("d1");
  std::thread closer([this] { registry_.Close(); });
  EXPECT_EQ(registry_.AwaitChange(seen), seen);
  closer.join();
  EXPECT_TRUE(registry_.closed());
}

TEST_F(RegistryTest, WhoIsNotConcernedByAChangeNeedNotLook) {
  Insert("d1");
  const int64_t before = registry_.newest_revision();
  Insert("d2");
  const ChangedRecords changed = registry_.ChangedAfter(before);
  EXPECT_TRUE(changed.Concern({}));
  EXPECT_TRUE(changed.Concern({.deployment_id = "d2"}));
  EXPECT_FALSE(changed.Concern({.deployment_id = "d1"}));
  EXPECT_TRUE(changed.Concern({.service = "shop"}));
  EXPECT_FALSE(changed.Concern({.service = "other"}));
  EXPECT_TRUE(registry_.ChangedAfter(0).Concern({.deployment_id = "d1"}));
  EXPECT_FALSE(registry_.ChangedAfter(registry_.newest_revision()).Concern({.service = "shop"}));
}

TEST_F(RegistryTest, TheWaitForAChangeEndsWithItsTime) {
  Insert("d1");
  const int64_t seen = RevisionOf("d1");
  EXPECT_EQ(registry_.AwaitChange(seen, clock_.Monotonic()), seen);
  EXPECT_EQ(registry_.newest_revision(), seen);
}

TEST_F(RegistryTest, AReaderBesideAWriterMissesNoTerminalState) {
  constexpr int kRecords = 3;  // As many as are kept.
  constexpr int kRollbacks = 200;
  std::thread writer([this] {
    for (int i = 0; i < kRecords; ++i) Insert(absl::StrCat("d", i));
    for (int i = 0; i < kRollbacks; ++i) {
      for (int record = 0; record < kRecords; ++record) {
        End(absl::StrCat("d", record), v1::STATUS_FAILED);
      }
    }
    registry_.Close();
  });
  int terminal = 0;
  int64_t revision = 0;
  int64_t newest = 0;
  bool closed = false;
  while (!closed) {
    closed = registry_.closed();
    newest = registry_.AwaitChange(newest);
    for (auto next = registry_.NextAfter(revision, {}); next.ok() && *next != nullptr;
         next = registry_.NextAfter(revision, {})) {
      EXPECT_GT((*next)->state().revision(), revision);
      revision = (*next)->state().revision();
      if (IsTerminal((*next)->state().status())) ++terminal;
    }
  }
  writer.join();
  EXPECT_EQ(terminal, kRecords * kRollbacks);
}

TEST_F(RegistryTest, ARevisionOfAnotherRunOfTheDaemonIsOutOfRange) {
  Insert("d1");
  Registry later(clock_, 3);
  clock_.Advance(absl::Seconds(1));
  Registry latest(clock_, 3);
  const int64_t revision = RevisionOf("d1");
  EXPECT_TRUE(absl::IsOutOfRange(later.NextAfter(revision, {}).status())) << "of the future";
  EXPECT_TRUE(absl::IsOutOfRange(latest.NextAfter(revision, {}).status())) << "of the past";
  EXPECT_TRUE(latest.NextAfter(0, {}).ok());
}

TEST_F(RegistryTest, TheFirstVersionIsNotActiveOnceItWasTakenBack) {
  for (const std::string id : {"d1", "d2"}) {
    Insert(id);
    ASSERT_TRUE(registry_
                    .Update(id,
                            [](v1::DeploymentState& state) {
                              state.clear_previous_version();
                              return absl::OkStatus();
                            })
                    .ok());
    End(id, v1::STATUS_COMPLETED);
    EXPECT_EQ(registry_.MemoryOf("shop").active_version, "2.0");
  }
  End("d2", v1::STATUS_ROLLED_BACK);
  EXPECT_EQ(registry_.MemoryOf("shop").active_version, "2.0") << "d2 was a redeploy";
  End("d1", v1::STATUS_ROLLED_BACK);
  EXPECT_EQ(registry_.MemoryOf("shop").active_version, "");
}

}  // namespace
}  // namespace sluice
