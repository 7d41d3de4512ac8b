// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// How many requests are remembered, of whom, and for how long.

#include "engine/request_log.h"

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "sluice/v1/deployment_service.pb.h"

namespace sluice {
namespace {

class RequestLogTest : public testing::Test {
 protected:
  // As the manager does it; at `hours` on both clocks.
  absl::Status Accept(const std::string& requester, const std::string& request_id, int hours = 0) {
    const absl::Duration since = absl::Hours(hours);
    log_.ForgetOld(absl::UnixEpoch() + since, since);
    const RequestLog::Name name{requester, request_id};
    if (absl::Status status = log_.CheckRoom(name); !status.ok()) return status;
    log_.Add(RequestLog::MakeEntry(name, request_, "d1", absl::UnixEpoch() + since), since);
    return absl::OkStatus();
  }
  // How many new ones of the caller are accepted at once.
  int AcceptAll(const std::string& requester, int hours = 0) {
    for (int i = 0;; ++i) {
      const absl::Status status = Accept(requester, absl::StrCat(hours, "-", i), hours);
      if (!status.ok()) {
        EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
        EXPECT_TRUE(absl::StrContains(status.message(), "leave request_id out")) << status;
        return i;
      }
    }
  }
  bool Knows(const std::string& requester, const std::string& request_id) const {
    return log_.Find({requester, request_id}, request_)->has_value();
  }

  const v1::DeployRequest request_;
  RequestLog log_{{.of_one = 10, .of_all = 25, .of_each = 3}};
};

TEST_F(RequestLogTest, ACallerWhoSendsManyTakesNobodysRequestsAway) {
  ASSERT_TRUE(Accept("token alice", "build-7").ok());
  EXPECT_EQ(AcceptAll("token flood"), 10);
  EXPECT_TRUE(Knows("token alice", "build-7"));
  EXPECT_TRUE(Knows("token flood", "0-0")) << "nor their own";
  EXPECT_TRUE(Accept("token alice", "build-8").ok());
}

TEST_F(RequestLogTest, ManyCallersKeepNobodyOut) {
  for (const char* name : {"token a", "token b"}) EXPECT_EQ(AcceptAll(name), 10);
  EXPECT_EQ(AcceptAll("token c"), 5) << "as many as may be of all";
  EXPECT_EQ(AcceptAll("token alice"), 3);
}

TEST_F(RequestLogTest, CallersWhoAreNotToldApartHaveTheRoomOfAll) {
  EXPECT_EQ(AcceptAll(""), 25);
  EXPECT_TRUE(Accept("", "").ok()) << "without an id there is nothing to remember";
}

TEST_F(RequestLogTest, ThereIsRoomAgainAfterADay) {
  EXPECT_EQ(AcceptAll("token ci"), 10);
  EXPECT_EQ(AcceptAll("token ci", 24), 0);
  EXPECT_EQ(AcceptAll("token ci", 25), 10);
  EXPECT_FALSE(Knows("token ci", "0-0"));
}

// Its first requests are older than those of others.
TEST_F(RequestLogTest, WhatAnEarlierRunHasStoredCounts) {
  for (int i = 0; i < 12; ++i) {
    log_.Add(RequestLog::MakeEntry({"token ci", absl::StrCat("old-", i)}, request_, "d1",
                                   absl::UnixEpoch()),
             -absl::InfiniteDuration());
  }
  EXPECT_EQ(AcceptAll("token ci", 1), 0);
  EXPECT_TRUE(Knows("token ci", "old-0"));
  EXPECT_EQ(AcceptAll("token ci", 25), 10);
}

}  // namespace
}  // namespace sluice
