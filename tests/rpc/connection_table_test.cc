// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "rpc/connection_table.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "support/fake_clock.h"

namespace sluice {
namespace {

using testing::HasSubstr;

Principal Named(const std::string& name) { return {TokenIdentity{name, ""}, "somewhere"}; }

int NewSocket() { return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0); }

class ConnectionTableTest : public testing::Test {
 protected:
  ~ConnectionTableTest() override {
    for (const int fd : open_) close(fd);
  }

  int Open() {
    open_.push_back(NewSocket());
    return open_.back();
  }
  absl::Status Add(int fd, const std::string& host) { return table_.Add(fd, host, Named(host)); }
  // As gRPC does at the end of a connection: nobody is told.
  void Close(int fd) {
    close(fd);
    open_.erase(std::find(open_.begin(), open_.end(), fd));
    clock_.Advance(absl::Seconds(1));
  }

  FakeClock clock_;
  ConnectionTable table_{clock_, {.total = 3, .per_peer = 2}};
  std::vector<int> open_;
};

TEST_F(ConnectionTableTest, TellsWhoIsAtTheOtherEnd) {
  const int one = Open(), other = Open();
  ASSERT_TRUE(Add(one, "a").ok());
  ASSERT_TRUE(Add(other, "b").ok());
  EXPECT_EQ(table_.Find(one)->Name(), "a");
  EXPECT_EQ(table_.Find(other)->Name(), "b");
  EXPECT_FALSE(table_.Find(other + 1).has_value());
}

TEST_F(ConnectionTableTest, ADescriptorThatIsUsedAgainIsSomebodyElse) {
  const int fd = Open();
  ASSERT_TRUE(Add(fd, "a").ok());
  Close(fd);
  ASSERT_EQ(Open(), fd);
  ASSERT_TRUE(Add(fd, "b").ok());
  EXPECT_EQ(table_.Find(fd)->Name(), "b");
  EXPECT_EQ(table_.size(), 1u);
}

TEST_F(ConnectionTableTest, RefusesMoreThanOnePeerMayHave) {
  ASSERT_TRUE(Add(Open(), "a").ok());
  ASSERT_TRUE(Add(Open(), "a").ok());
  const absl::Status refused = Add(Open(), "a");
  EXPECT_TRUE(absl::IsResourceExhausted(refused));
  EXPECT_THAT(std::string(refused.message()),
              HasSubstr("2 connections of a are open (limits.max_connections_per_peer)"));
  EXPECT_TRUE(Add(Open(), "b").ok());
}

TEST_F(ConnectionTableTest, RefusesMoreThanThereMayBe) {
  for (const char* host : {"a", "b", "c"}) ASSERT_TRUE(Add(Open(), host).ok());
  EXPECT_THAT(std::string(Add(Open(), "d").message()), HasSubstr("limits.max_connections)"));
}

TEST_F(ConnectionTableTest, AnEighthIsForUnixSockets) {
  ConnectionTable table(clock_, {.total = 8, .per_peer = 8});
  for (int i = 0; i < 7; ++i) ASSERT_TRUE(table.Add(Open(), "10.0.0.7", Named("tcp")).ok());
  EXPECT_FALSE(table.Add(Open(), "10.0.0.8", Named("tcp")).ok());
  EXPECT_TRUE(table.Add(Open(), "uid 0", {UnixIdentity{0, "root", {}}, "unix"}).ok());
  EXPECT_FALSE(table.Add(Open(), "uid 1", {UnixIdentity{1, "one", {}}, "unix"}).ok());
}

TEST_F(ConnectionTableTest, WhatHasEndedMakesRoom) {
  const int first = Open();
  ASSERT_TRUE(Add(first, "a").ok());
  ASSERT_TRUE(Add(Open(), "a").ok());
  Close(first);
  EXPECT_TRUE(Add(Open(), "a").ok());
  EXPECT_FALSE(Add(Open(), "a").ok());
}

TEST_F(ConnectionTableTest, ADescriptorThatBecameAFileMakesRoom) {
  const int first = Open();
  ASSERT_TRUE(Add(first, "a").ok());
  ASSERT_TRUE(Add(Open(), "a").ok());
  const int file = open("/dev/null", O_RDONLY | O_CLOEXEC);
  ASSERT_EQ(dup2(file, first), first);
  close(file);
  clock_.Advance(absl::Seconds(1));
  EXPECT_TRUE(Add(Open(), "a").ok());
}

TEST_F(ConnectionTableTest, CountsAgainNotBeforeAMomentHasPassed) {
  const int first = Open();
  ASSERT_TRUE(Add(first, "a").ok());
  ASSERT_TRUE(Add(Open(), "a").ok());
  ASSERT_FALSE(Add(Open(), "a").ok());
  close(first);
  open_.erase(open_.begin());
  // Whoever knocks all the time makes nobody count all the time.
  const int next = Open();
  ASSERT_EQ(next, first) << "the lowest number that is free";
  const int another = Open();
  EXPECT_FALSE(Add(another, "a").ok());
  clock_.Advance(absl::Seconds(1));
  EXPECT_TRUE(Add(another, "a").ok());
}

TEST(WithinDescriptors, LeavesSomeForOtherWork) {
  rlimit before = {};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit few = before;
  few.rlim_cur = 64;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
  const ConnectionLimits limits = WithinDescriptors({.total = 4096, .per_peer = 16});
  const ConnectionLimits greedy = WithinDescriptors({.total = 4096, .per_peer = 512});
  const ConnectionLimits modest = WithinDescriptors({.total = 20, .per_peer = 20});
  setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_EQ(limits.total, 32u);
  EXPECT_EQ(limits.per_peer, 16u);
  EXPECT_EQ(greedy.per_peer, 16u) << "one peer leaves some to the others";
  EXPECT_EQ(modest.per_peer, 20u);
}

// A connection of `host` in the table; the other end is ours to close.
class ConnectedTest : public ConnectionTableTest {
 protected:
  struct Pair {
    int served, client;
  };
  Pair Connect(const std::string& host) {
    int ends[2] = {};
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
    open_.insert(open_.end(), {ends[0], ends[1]});
    EXPECT_TRUE(table_.Add(ends[0], host, {UnixIdentity{.uid = 1}, "pid 7"}).ok());
    return {ends[0], ends[1]};
  }
  static std::string Name(const Pair& pair) { return absl::StrCat("fd:", pair.served); }
};

TEST_F(ConnectedTest, IsKnownByTheNameThatGrpcHasForIt) {
  const Pair one = Connect("a");
  EXPECT_EQ(table_.StateOf(Name(one))->host, "a");
  EXPECT_FALSE(table_.StateOf("fd:1000000").has_value());
  EXPECT_FALSE(table_.StateOf("").has_value());
  const int tcp = Open();
  ASSERT_TRUE(table_.Add(tcp, "b", {AnonymousIdentity(), "[::1]:80"}).ok());
  EXPECT_EQ(table_.StateOf("ipv6:%5B::1%5D:80")->host, "b");
  Close(tcp);
  EXPECT_FALSE(table_.StateOf("ipv6:%5B::1%5D:80").has_value());
}

TEST_F(ConnectedTest, AnAddressThatIsUsedAgainIsAnotherConnection) {
  const int before = Open(), after = Open();
  ASSERT_TRUE(table_.Add(before, "a", {AnonymousIdentity(), "1.2.3.4:5"}).ok());
  ASSERT_TRUE(table_.Add(after, "b", {AnonymousIdentity(), "1.2.3.4:5"}).ok());
  EXPECT_EQ(table_.StateOf("ipv4:1.2.3.4:5")->host, "b");
  Close(after);
  Close(before);
  ASSERT_TRUE(Add(Open(), "c").ok());
  ASSERT_TRUE(Add(Open(), "c").ok());
  EXPECT_FALSE(table_.StateOf("ipv4:1.2.3.4:5").has_value());
}

TEST_F(ConnectedTest, ToldApartFromOneWhoseOtherEndHasGone) {
  const Pair one = Connect("a");
  EXPECT_FALSE(table_.StateOf(Name(one))->ended);
  Close(one.client);
  EXPECT_TRUE(table_.StateOf(Name(one))->ended);
}

TEST_F(ConnectedTest, IsCutWithWhatWasNotReadYet) {
  const Pair one = Connect("a"), other = Connect("a");
  for (const Pair& pair : {one, other}) ASSERT_EQ(write(pair.client, "calls", 5), 5);
  table_.Cut(Name(one));
  table_.Cut("fd:1000000");
  char byte = 0;
  EXPECT_EQ(read(one.served, &byte, 1), 0);
  EXPECT_EQ(read(one.client, &byte, 1), 0);
  EXPECT_TRUE(table_.StateOf(Name(one))->ended);
  EXPECT_EQ(read(other.served, &byte, 1), 1);
  EXPECT_FALSE(table_.StateOf(Name(other))->ended);
}

TEST_F(ConnectedTest, OfABarredHostStaysButNoNewOneIsTaken) {
  const Pair one = Connect("a");
  EXPECT_TRUE(table_.Bar("a", absl::Seconds(10)));
  // It never gets shorter.
  EXPECT_FALSE(table_.Bar("a", absl::Seconds(1)));
  EXPECT_FALSE(table_.StateOf(Name(one))->ended);
  clock_.Advance(absl::Seconds(9));
  const absl::Status refused = Add(Open(), "a");
  EXPECT_TRUE(absl::IsResourceExhausted(refused));
  EXPECT_THAT(std::string(refused.message()), HasSubstr("a was cut off"));
  EXPECT_TRUE(Add(Open(), "b").ok());
  clock_.Advance(absl::Seconds(1));
  EXPECT_TRUE(Add(Open(), "a").ok());
  EXPECT_TRUE(table_.Bar("a", absl::Seconds(1)));
}

TEST_F(ConnectedTest, OfABarredHostWhoseOtherEndHasGoneIsNotReadToItsEnd) {
  const Pair gone = Connect("a"), other = Connect("b");
  for (const Pair& pair : {gone, other}) {
    ASSERT_EQ(write(pair.client, "calls", 5), 5);
    Close(pair.client);
  }
  table_.Bar("a", absl::Seconds(1));
  char byte = 0;
  EXPECT_EQ(read(gone.served, &byte, 1), 0);
  EXPECT_EQ(read(other.served, &byte, 1), 1);
}

}  // namespace
}  // namespace sluice
