// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// What every RecordStore promises, held against each driver. The durable one is opened anew before
// every look at what it holds.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/data_directory.h"
#include "base/timestamp.h"
#include "drivers/record_store/memory_record_store.h"
#include "drivers/record_store/sqlite_record_store.h"
#include "support/stored.h"
#include "support/temporary_directory.h"

namespace sluice {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// A store that can be put away and taken up again.
class Subject {
 public:
  virtual ~Subject() = default;
  virtual RecordStore& store() = 0;
  virtual void Reopen() = 0;
};

class MemorySubject final : public Subject {
 public:
  RecordStore& store() override { return store_; }
  void Reopen() override {}

 private:
  MemoryRecordStore store_;
};

class SqliteSubject final : public Subject {
 public:
  SqliteSubject() { Reopen(); }
  RecordStore& store() override { return *store_; }
  void Reopen() override {
    store_ = nullptr;
    directory_ = nullptr;
    auto directory = DataDirectory::Open(parent_.Inside("data"));
    ASSERT_TRUE(directory.ok()) << directory.status();
    directory_ = *std::move(directory);
    auto store = SqliteRecordStore::Open(*directory_);
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  }

 private:
  TemporaryDirectory parent_;
  std::unique_ptr<DataDirectory> directory_;
  std::unique_ptr<SqliteRecordStore> store_;
};

template <typename T>
std::unique_ptr<Subject> Make() {
  return std::make_unique<T>();
}

struct Driver {
  std::string name;
  std::unique_ptr<Subject> (*make)();
};

class RecordStoreContract : public testing::TestWithParam<Driver> {
 protected:
  RecordStoreContract() : subject_(GetParam().make()) {}

  void Commit(const StoreChange& change) {
    const absl::Status status = subject_->store().Commit(change);
    EXPECT_TRUE(status.ok()) << status;
  }
  StoreChange Load() {
    subject_->Reopen();
    auto contents = subject_->store().Load();
    EXPECT_TRUE(contents.ok()) << contents.status();
    return contents.ok() ? *std::move(contents) : StoreChange();
  }

  const std::unique_ptr<Subject> subject_;
};

TEST_P(RecordStoreContract, BeginsEmpty) { EXPECT_THAT(Lines(Load()), IsEmpty()); }

TEST_P(RecordStoreContract, KeepsEverythingOfAChange) {
  Commit(Together({PutRecord("d1", 1, 5), PutReplaced("d1", 3), PutRequest("r1", "d1"),
                   PutService("shop", "2.0"), PutMeta(5)}));
  EXPECT_THAT(Lines(Load()), ElementsAre("record d1 #1 r5", "replaced d1 r3", "request r1 d1",
                                         "service shop 2.0", "meta r5"));
}

TEST_P(RecordStoreContract, KeepsWhatItWasNotToldToChange) {
  Commit(Together({PutRecord("d1", 1, 1), PutRequest("r1", "d1"), PutMeta(1)}));
  Commit(PutRecord("d2", 2, 2));
  EXPECT_THAT(Lines(Load()),
              ElementsAre("record d1 #1 r1", "record d2 #2 r2", "request r1 d1", "meta r1"));
}

TEST_P(RecordStoreContract, ReplacesByKey) {
  Commit(Together({PutRecord("d1", 1, 1), PutRequest("r1", "d1"), PutService("shop", "1.0")}));
  Commit(Together({PutRecord("d1", 1, 2), PutRequest("r1", "d9"), PutService("shop", "2.0")}));
  EXPECT_THAT(Lines(Load()), ElementsAre("record d1 #1 r2", "request r1 d9", "service shop 2.0"));
}

TEST_P(RecordStoreContract, ErasesByKey) {
  Commit(Together({PutRecord("d1", 1, 1), PutRecord("d2", 2, 2), PutRequest("r1", "d1"),
                   PutRequest("r2", "d2")}));
  Commit(Together({EraseRecord("d1"), EraseRequest("r1")}));
  EXPECT_THAT(Lines(Load()), ElementsAre("record d2 #2 r2", "request r2 d2"));
}

TEST_P(RecordStoreContract, ErasesTheReplacedStatesOfARecordWithIt) {
  Commit(Together(
      {PutRecord("d1", 1, 3), PutReplaced("d1", 2), PutRecord("d2", 2, 5), PutReplaced("d2", 4)}));
  Commit(EraseRecord("d1"));
  EXPECT_THAT(Lines(Load()), ElementsAre("record d2 #2 r5", "replaced d2 r4"));
}

TEST_P(RecordStoreContract, ErasingWhatIsNotThereIsHarmless) {
  Commit(Together({EraseRecord("d1"), EraseRequest("r1")}));
  EXPECT_THAT(Lines(Load()), IsEmpty());
}

TEST_P(RecordStoreContract, PuttingAndErasingInOneChangeErases) {
  Commit(Together({PutRecord("d1", 1, 1), PutReplaced("d1", 1), EraseRecord("d1")}));
  EXPECT_THAT(Lines(Load()), IsEmpty());
}

TEST_P(RecordStoreContract, TheLastOfSeveralPutsInOneChangeCounts) {
  Commit(Together({EraseRequest("r1"), PutRequest("r1", "d1"), PutMeta(1), PutMeta(2)}));
  EXPECT_THAT(Lines(Load()), ElementsAre("request r1 d1", "meta r2"));
}

TEST_P(RecordStoreContract, KeepsEveryFieldOfARecord) {
  auto state = std::make_shared<v1::DeploymentState>();
  state->set_id("d1");
  (*state->mutable_metadata())["team"] = "north";
  for (int i = 0; i < 300; ++i) {
    v1::TargetState& target = *state->add_targets();
    target.mutable_target()->set_id(absl::StrCat("host-", i));
    target.set_output(std::string(1000, 'x'));
  }
  StoreChange change;
  change.records["d1"] = {7, state};
  Commit(change);
  const StoreChange contents = Load();
  ASSERT_EQ(contents.records.size(), 1u);
  EXPECT_EQ(contents.records.at("d1").position, 7);
  EXPECT_EQ(contents.records.at("d1").state->DebugString(), state->DebugString());
}

TEST_P(RecordStoreContract, KeepsEveryFieldOfWhatBelongsToTheRecords) {
  StoreChange change;
  journal::v1::AcceptedRequest& request = change.requests["who\nwhich"].emplace();
  request.set_deployment_id("d1");
  request.set_content_hash(std::string("\0\xFF", 2));
  *request.mutable_accept_time() = ToTimestamp(absl::FromUnixMillis(1'800'000'000'123));
  journal::v1::ServiceMemory& memory = change.services["shop"].emplace();
  (*memory.mutable_target_versions())["host-1"] = "1.9";
  memory.set_latest_deployment_id("d1");
  memory.set_pruned_through_revision(41);
  journal::v1::Meta& meta = change.meta.emplace();
  meta.set_revision(1LL << 60);
  meta.set_epoch(3);
  meta.set_position(9);
  Commit(change);
  const StoreChange contents = Load();
  ASSERT_TRUE(contents.requests.count("who\nwhich") == 1 && contents.meta.has_value());
  EXPECT_EQ(contents.requests.at("who\nwhich")->DebugString(), request.DebugString());
  EXPECT_EQ(contents.services.at("shop")->DebugString(), memory.DebugString());
  EXPECT_EQ(contents.meta->DebugString(), meta.DebugString());
}

std::shared_ptr<v1::DeploymentState> LargeState(int targets, int steps) {
  auto state = std::make_shared<v1::DeploymentState>();
  state->set_id("d1");
  for (int i = 0; i < targets; ++i) {
    state->add_targets()->mutable_target()->set_id(absl::StrCat("host-", i));
  }
  for (int i = 0; i < steps; ++i) state->mutable_plan()->add_steps()->set_name(absl::StrCat(i));
  return state;
}

TEST_P(RecordStoreContract, KeepsTheLastChangeOfEveryTarget) {
  auto state = LargeState(300, 100);
  for (int i = 0; i < 300; i += 7) {
    state = std::make_shared<v1::DeploymentState>(*state);
    state->mutable_targets(i)->set_error(absl::StrCat("error ", i));
    state->mutable_plan()->mutable_steps(i / 3)->set_status(v1::STEP_STATUS_DONE);
    StoreChange change;
    change.records["d1"] = {7, state};
    Commit(change);
    if (i % 10 != 0) continue;
    EXPECT_EQ(Load().records.at("d1").state->DebugString(), state->DebugString());
  }
  EXPECT_EQ(Load().records.at("d1").state->DebugString(), state->DebugString());
}

TEST_P(RecordStoreContract, ARecordMayGetMoreAndFewerSteps) {
  for (const int steps : {100, 300, 50, 0, 200}) {
    auto state = LargeState(100, steps);
    if (steps == 50) *state->mutable_end_time() = ToTimestamp(absl::FromUnixSeconds(1));
    StoreChange change;
    change.records["d1"] = {7, state};
    Commit(change);
    if (steps != 300) {
      EXPECT_EQ(Load().records.at("d1").state->DebugString(), state->DebugString()) << steps;
    }
  }
  Commit(EraseRecord("d1"));
  EXPECT_THAT(Lines(Load()), IsEmpty());
  Commit(PutRecord("d2", 8, 1));
  EXPECT_THAT(Lines(Load()), ElementsAre("record d2 #8 r1"));
}

TEST_P(RecordStoreContract, KeepsManyChanges) {
  for (int i = 0; i < 300; ++i) {
    Commit(Together({PutRecord(absl::StrCat("d", i % 50), i % 50, i), PutMeta(i)}));
  }
  const StoreChange contents = Load();
  EXPECT_EQ(contents.records.size(), 50u);
  for (const auto& [id, record] : contents.records) {
    EXPECT_EQ(record.state->revision(), 250 + record.position) << id;
  }
  EXPECT_EQ(contents.meta->revision(), 299);
}

INSTANTIATE_TEST_SUITE_P(Drivers, RecordStoreContract,
                         testing::Values(Driver{"Memory", Make<MemorySubject>},
                                         Driver{"Sqlite", Make<SqliteSubject>}),
                         [](const auto& test) { return test.param.name; });

// What only one of them does.
TEST(MemoryRecordStoreContract, HasNothingDurableToBackUp) {
  MemoryRecordStore store;
  EXPECT_TRUE(absl::IsFailedPrecondition(store.Backup("never-made")));
}

}  // namespace
}  // namespace sluice
