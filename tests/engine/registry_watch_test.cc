// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The records in their order of revisions, as watchers see them, and what watchers are told that
// come too late.

#include <thread>

#include "absl/strings/str_cat.h"
#include "engine/registry_fixture.h"
#include "gmock/gmock.h"

namespace sluice {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

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

}  // namespace
}  // namespace sluice
