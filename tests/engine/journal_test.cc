// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Group commit, order, failure and close, on a store that the test holds up and makes fail.

#include "engine/journal.h"
#include "engine/commit_waiter.h"

#include <algorithm>
#include <latch>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/data_directory.h"
#include "drivers/record_store/sqlite_record_store.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "support/fake_clock.h"
#include "support/stored.h"
#include "support/temporary_directory.h"

namespace sluice {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Keeps the changes as they come. While it is held, a commit waits.
class HeldStore final : public RecordStore {
 public:
  explicit HeldStore(Clock& clock) : clock_(clock) {}

  absl::StatusOr<StoreChange> Load() override { return StoreChange(); }
  absl::Status Backup(const std::string&) override { return absl::OkStatus(); }
  absl::Status Commit(const StoreChange& change) override {
    MutexLock lock(mutex_);
    ++begun_;
    changed_.NotifyAll();
    while (held_) clock_.WaitUntil(mutex_, changed_, absl::InfiniteDuration());
    if (error_.ok()) commits_.push_back(change);
    return error_;
  }

  absl::Status failure() const override {
    MutexLock lock(mutex_);
    return failure_;
  }

  // What failure() tells from now on.
  void FailLater(const absl::Status& failure) {
    MutexLock lock(mutex_);
    failure_ = failure;
  }
  void Hold() {
    MutexLock lock(mutex_);
    held_ = true;
  }
  void Release(const absl::Status& error = absl::OkStatus()) {
    MutexLock lock(mutex_);
    held_ = false;
    error_ = error;
    changed_.NotifyAll();
  }
  void AwaitBegun(int commits) {
    MutexLock lock(mutex_);
    while (begun_ < commits) clock_.WaitUntil(mutex_, changed_, absl::InfiniteDuration());
  }
  std::vector<StoreChange> commits() {
    MutexLock lock(mutex_);
    return commits_;
  }
  int begun() {
    MutexLock lock(mutex_);
    return begun_;
  }

 private:
  Clock& clock_;
  mutable Mutex mutex_;
  CondVar changed_;
  bool held_ ABSL_GUARDED_BY(mutex_) = false;
  int begun_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Status error_ ABSL_GUARDED_BY(mutex_);
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
  std::vector<StoreChange> commits_ ABSL_GUARDED_BY(mutex_);
};

// Returns when the change is durable, or is not.
absl::Status Write(Clock& clock, Journal& journal, StoreChange change) {
  const auto waiter = std::make_shared<CommitWaiter>(clock);
  const absl::Status taken = journal.Append(
      std::move(change), [waiter](const absl::Status& status) { waiter->Finish(status); });
  return taken.ok() ? waiter->Await() : taken;
}

class JournalTest : public testing::Test {
 protected:
  void Start(Journal::Options options = {}) {
    auto journal = Journal::Start(clock_, store_, std::move(options));
    ASSERT_TRUE(journal.ok()) << journal.status();
    journal_ = *std::move(journal);
  }
  // The outcome goes into told_ as "name=OK".
  absl::Status Append(const std::string& name) {
    return journal_->Append(PutRecord(name, 1, 1), Tell(name));
  }
  Journal::OnDurable Tell(const std::string& name) {
    return [this, name](const absl::Status& status) {
      MutexLock lock(mutex_);
      told_.push_back(absl::StrCat(name, "=", absl::StatusCodeToString(status.code())));
    };
  }
  std::vector<std::string> told() {
    MutexLock lock(mutex_);
    return told_;
  }
  // A first change is being committed, and waits.
  void HoldACommit() {
    const int begun = store_.begun();
    store_.Hold();
    ASSERT_TRUE(Append("held").ok());
    store_.AwaitBegun(begun + 1);
  }

  FakeClock clock_;
  HeldStore store_{clock_};
  Mutex mutex_;
  std::vector<std::string> told_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<Journal> journal_;
};

TEST_F(JournalTest, TellsOnlyWhatIsDurable) {
  Start();
  HoldACommit();
  EXPECT_THAT(told(), IsEmpty());
  store_.Release();
  journal_->Close();
  EXPECT_THAT(told(), ElementsAre("held=OK"));
}

TEST_F(JournalTest, WhatComesDuringACommitBecomesOneCommitInItsOrder) {
  Start();
  HoldACommit();
  for (const char* name : {"a", "b", "c"}) ASSERT_TRUE(Append(name).ok());
  store_.Release();
  journal_->Close();
  EXPECT_THAT(told(), ElementsAre("held=OK", "a=OK", "b=OK", "c=OK"));
  ASSERT_EQ(store_.commits().size(), 2u);
  EXPECT_EQ(store_.commits()[1].records.size(), 3u);
}

TEST_F(JournalTest, OfOneRecordOnlyTheLastStateOfACommitIsWritten) {
  Start();
  HoldACommit();
  for (int revision = 1; revision <= 100; ++revision) {
    ASSERT_TRUE(journal_->Append(PutRecord("d1", 1, revision), Tell("d1")).ok());
  }
  store_.Release();
  journal_->Close();
  ASSERT_EQ(store_.commits().size(), 2u);
  EXPECT_THAT(Lines(store_.commits()[1]), ElementsAre("record d1 #1 r100"));
  EXPECT_EQ(told().size(), 101u);
}

TEST_F(JournalTest, AFailedCommitFailsAllThatWaitAndAllThatFollow) {
  std::vector<std::string> failures;
  Start({.on_failure = [&](const absl::Status& status) {
    failures.push_back(std::string(status.message()));
    Tell("failure")(status);
  }});
  HoldACommit();
  ASSERT_TRUE(Append("a").ok());
  ASSERT_TRUE(Append("b").ok());
  EXPECT_FALSE(journal_->failed());
  store_.Release(absl::ResourceExhaustedError("/var/lib/sluice/sluice.db: no space"));
  EXPECT_TRUE(absl::IsResourceExhausted(Write(clock_, *journal_, PutMeta(1))));
  journal_->Close();
  EXPECT_THAT(told(), ElementsAre("failure=RESOURCE_EXHAUSTED", "held=RESOURCE_EXHAUSTED",
                                  "a=RESOURCE_EXHAUSTED", "b=RESOURCE_EXHAUSTED"));
  EXPECT_TRUE(journal_->failed());
  EXPECT_THAT(failures, ElementsAre("/var/lib/sluice/sluice.db: no space")) << "for the log";
  // For callers.
  EXPECT_TRUE(absl::StrContains(journal_->failure().message(), "its disk is full"));
  EXPECT_FALSE(absl::StrContains(journal_->failure().message(), "/var")) << journal_->failure();
}

// As a checkpoint may fail, after a good commit.
TEST_F(JournalTest, AFailureAfterADurableChangeIsKnownAtOnce) {
  Start({.on_failure = Tell("failure")});
  HoldACommit();
  store_.FailLater(absl::InternalError("input/output error"));
  store_.Release();
  while (told().size() < 2) std::this_thread::yield();
  EXPECT_THAT(told(), ElementsAre("failure=INTERNAL", "held=OK"));
  EXPECT_EQ(Append("late").code(), absl::StatusCode::kInternal);
  EXPECT_EQ(store_.begun(), 1);
}

TEST_F(JournalTest, TheStoreIsNotCalledAgainAfterAnError) {
  Start();
  store_.Release(absl::InternalError("input/output error"));
  EXPECT_FALSE(Write(clock_, *journal_, PutMeta(1)).ok());
  store_.Release();
  const absl::Status status = Append("late");
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), "restarted")) << status;
  journal_->Close();
  EXPECT_EQ(store_.begun(), 1);
  EXPECT_THAT(told(), IsEmpty());
}

TEST_F(JournalTest, CloseCommitsWhatWasTakenAndTakesNoMore) {
  Start();
  HoldACommit();
  ASSERT_TRUE(Append("a").ok());
  std::thread closer([this] { journal_->Close(); });
  absl::Status status = Append("b");
  while (status.ok()) status = Append("b");
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  store_.Release();
  closer.join();
  EXPECT_THAT(store_.commits().back().records, testing::Contains(testing::Key("a")));
  EXPECT_EQ(told()[1], "a=OK");
  journal_->Close();
}

TEST_F(JournalTest, ACallbackMayAppend) {
  Start();
  std::latch told_twice(1);
  ASSERT_TRUE(journal_
                  ->Append(PutMeta(1),
                           [&](const absl::Status&) {
                             EXPECT_TRUE(
                                 journal_
                                     ->Append(PutMeta(2),
                                              [&](const absl::Status&) { told_twice.count_down(); })
                                     .ok());
                           })
                  .ok());
  told_twice.wait();
  journal_->Close();
  EXPECT_EQ(store_.commits().back().meta->revision(), 2);
}

TEST_F(JournalTest, ManyThreadsAreToldInTheOrderOfTheirAppends) {
  constexpr int kThreads = 8;
  constexpr int kEach = 200;
  Start();
  std::vector<int> order;  // The writer thread alone writes it.
  Mutex appending;
  int next = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&] {
        for (int j = 0; j < kEach; ++j) {
          MutexLock lock(appending);
          const int mine = next++;
          const auto tell = [&order, mine](const absl::Status&) { order.push_back(mine); };
          EXPECT_TRUE(journal_->Append(PutMeta(mine), tell).ok());
        }
      });
    }
  }
  journal_->Close();
  ASSERT_EQ(order.size(), static_cast<size_t>(kThreads * kEach));
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
  EXPECT_EQ(store_.commits().back().meta->revision(), kThreads * kEach - 1);
}

TEST_F(JournalTest, ManyThreadsWriteToTheRealStore) {
  constexpr int kThreads = 8;
  constexpr int kEach = 25;
  TemporaryDirectory parent;
  const auto directory = DataDirectory::Open(parent.Inside("data"));
  ASSERT_TRUE(directory.ok()) << directory.status();
  const auto store = SqliteRecordStore::Open(**directory);
  ASSERT_TRUE(store.ok()) << store.status();
  ASSERT_TRUE((*store)->Load().ok());
  const auto journal = Journal::Start(clock_, **store, {});
  ASSERT_TRUE(journal.ok()) << journal.status();
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&, i] {
        for (int j = 0; j < kEach; ++j) {
          const int number = i * kEach + j;
          const absl::Status status =
              Write(clock_, **journal, PutRecord(absl::StrCat("d", number), number, 1));
          EXPECT_TRUE(status.ok()) << status;
        }
      });
    }
  }
  (*journal)->Close();
  const auto contents = (*store)->Load();
  ASSERT_TRUE(contents.ok()) << contents.status();
  EXPECT_EQ(contents->records.size(), static_cast<size_t>(kThreads * kEach));
}

}  // namespace
}  // namespace sluice
