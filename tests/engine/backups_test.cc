// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/backups.h"

#include <string>
#include <vector>

#include "engine/commit_waiter.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Copies nothing; each copy takes until it is let go.
class HeldStore final : public RecordStore {
 public:
  absl::StatusOr<StoreChange> Load() override { return StoreChange(); }
  absl::Status Commit(const StoreChange&) override { return absl::OkStatus(); }
  absl::Status Backup(const std::string& file) override {
    MutexLock lock(mutex_);
    files_.push_back(file);
    changed_.NotifyAll();
    while (held_) changed_.Wait(mutex_);
    return file == "/bad" ? absl::AlreadyExistsError("/bad exists") : absl::OkStatus();
  }

  void Hold(bool held) {
    MutexLock lock(mutex_);
    held_ = held;
    changed_.NotifyAll();
  }
  void AwaitBegun() {
    MutexLock lock(mutex_);
    while (files_.empty()) changed_.Wait(mutex_);
  }
  std::vector<std::string> files() {
    MutexLock lock(mutex_);
    return files_;
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  bool held_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::string> files_ ABSL_GUARDED_BY(mutex_);
};

class BackupsTest : public ::testing::Test {
 protected:
  // Begins a copy; its end can be awaited.
  std::shared_ptr<CommitWaiter> Begin(const std::string& file) {
    auto waiter = std::make_shared<CommitWaiter>(clock_);
    backups_->Make(file, [waiter](const absl::Status& status) { waiter->Finish(status); });
    return waiter;
  }

  RealClock clock_;
  HeldStore store_;
  std::unique_ptr<Backups> backups_ = *Backups::Start(clock_, store_);
};

TEST_F(BackupsTest, OneAfterTheOtherIsMade) {
  EXPECT_TRUE(Begin("/one")->Await().ok());
  EXPECT_TRUE(absl::IsAlreadyExists(Begin("/bad")->Await()));
  EXPECT_TRUE(Begin("/two")->Await().ok());
  EXPECT_THAT(store_.files(), ElementsAre("/one", "/bad", "/two"));
}

TEST_F(BackupsTest, TwoAtOnceAreRefusedAndTheFirstIsNamed) {
  store_.Hold(true);
  const auto first = Begin("/first");
  store_.AwaitBegun();
  const absl::Status refused = Begin("/second")->Await();
  EXPECT_TRUE(absl::IsResourceExhausted(refused));
  EXPECT_THAT(std::string(refused.message()), HasSubstr("\"/first\" is being made"));
  store_.Hold(false);
  EXPECT_TRUE(first->Await().ok());
  EXPECT_THAT(store_.files(), ElementsAre("/first"));
}

TEST_F(BackupsTest, OnlyAnAbsolutePathOfAFileIsTaken) {
  const std::string too_long = "/" + std::string(5000, 'x');
  for (const std::string& file : {std::string(), std::string("here.db"), std::string("/there/"),
                                  std::string("/a\nb"), too_long}) {
    EXPECT_TRUE(absl::IsInvalidArgument(Begin(file)->Await())) << file;
  }
  EXPECT_THAT(store_.files(), ElementsAre());
}

TEST_F(BackupsTest, TheEndWaitsForTheCopyThatIsMade) {
  store_.Hold(true);
  const auto copy = Begin("/last");
  store_.AwaitBegun();
  store_.Hold(false);
  backups_ = nullptr;
  EXPECT_TRUE(copy->Await().ok());
}

}  // namespace
}  // namespace sluice
