// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "auth/user_names.h"

#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/mutex.h"
#include "gtest/gtest.h"
#include "support/fake_clock.h"

namespace sluice {
namespace {

// A name service that answers when it is told to. Outlives those who ask it.
class Service {
 public:
  std::string Answer(uid_t uid) {
    MutexLock lock(mutex_);
    asked_.push_back(uid);
    changed_.NotifyAll();
    while (answers_ == 0) changed_.Wait(mutex_);
    --answers_;
    return absl::StrCat("user", uid, "-", asked_.size());
  }
  void Allow(int answers) {
    MutexLock lock(mutex_);
    answers_ += answers;
    changed_.NotifyAll();
  }
  void AwaitAsked(size_t count) {
    MutexLock lock(mutex_);
    while (asked_.size() < count) changed_.Wait(mutex_);
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  std::vector<uid_t> asked_ ABSL_GUARDED_BY(mutex_);
  int answers_ ABSL_GUARDED_BY(mutex_) = 0;
};

class UserNamesTest : public testing::Test {
 protected:
  // Once it is known.
  std::string Await(uid_t uid, const std::string& before = "") {
    std::string name = names_.Find(uid);
    for (; name == before; name = names_.Find(uid)) usleep(1000);
    return name;
  }

  FakeClock clock_;
  const std::shared_ptr<Service> service_ = std::make_shared<Service>();
  UserNames names_{clock_, [service = service_](uid_t uid) { return service->Answer(uid); }};
};

TEST_F(UserNamesTest, AServiceThatHangsHoldsUpNobody) {
  EXPECT_EQ(names_.Find(1), "");
  service_->AwaitAsked(1);
  EXPECT_EQ(names_.Find(1), "");
  EXPECT_EQ(names_.Find(2), "");
  service_->Allow(2);
  EXPECT_EQ(Await(1), "user1-1");
  EXPECT_EQ(Await(2), "user2-2");
}

TEST_F(UserNamesTest, EndsWhileTheServiceHangs) {
  names_.Find(1);
  service_->AwaitAsked(1);
  // Let go only once this has ended.
}

TEST_F(UserNamesTest, ANameIsKeptForAWhileAndThenAskedForAgain) {
  service_->Allow(1);
  EXPECT_EQ(Await(1), "user1-1");
  clock_.Advance(absl::Minutes(4));
  EXPECT_EQ(names_.Find(1), "user1-1");
  clock_.Advance(absl::Minutes(2));
  EXPECT_EQ(names_.Find(1), "user1-1");
  service_->AwaitAsked(2);
  service_->Allow(1);
  EXPECT_EQ(Await(1, "user1-1"), "user1-2");
}

}  // namespace
}  // namespace sluice
