// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "rpc/socket_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <string>

#include "gtest/gtest.h"

namespace sluice {
namespace {

SocketAddress V4(const char* text, int port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  inet_pton(AF_INET, text, &address.sin_addr);
  return {reinterpret_cast<const sockaddr*>(&address), sizeof address};
}

SocketAddress V6(const char* text, int port) {
  sockaddr_in6 address = {};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(static_cast<uint16_t>(port));
  inet_pton(AF_INET6, text, &address.sin6_addr);
  return {reinterpret_cast<const sockaddr*>(&address), sizeof address};
}

struct Case {
  SocketAddress address;
  const char* text;
  const char* host;
  bool is_local;
};

TEST(SocketAddress, IsWrittenAsPeopleDoAndCountedByHost) {
  const Case cases[] = {
      {V4("127.0.0.1", 7400), "127.0.0.1:7400", "127.0.0.1", true},
      {V4("127.9.9.9", 1), "127.9.9.9:1", "127.0.0.1", true},
      {V4("10.0.0.7", 50000), "10.0.0.7:50000", "10.0.0.7", false},
      {V4("0.0.0.0", 80), "0.0.0.0:80", "0.0.0.0", false},
      {V6("::1", 7400), "[::1]:7400", "::/64", true},
      {V6("::", 7400), "[::]:7400", "::/64", false},
      {V6("2001:db8:1:2:3:4:5:6", 9), "[2001:db8:1:2:3:4:5:6]:9", "2001:db8:1:2::/64", false},
      {V6("::ffff:10.0.0.7", 9), "10.0.0.7:9", "10.0.0.7", false},
      {V6("::ffff:127.0.0.1", 9), "127.0.0.1:9", "127.0.0.1", true},
      {V6("::ffff:127.0.0.2", 9), "127.0.0.2:9", "127.0.0.1", true},
  };
  for (const Case& each : cases) {
    EXPECT_EQ(each.address.ToString(), each.text);
    EXPECT_EQ(each.address.Host(), each.host);
    EXPECT_EQ(each.address.is_local(), each.is_local) << each.text;
    EXPECT_FALSE(each.address.is_unix());
  }
}

TEST(SocketAddress, TakesAnotherPort) {
  SocketAddress v4 = V4("10.0.0.7", 1), v6 = V6("::1", 1);
  v4.set_port(7400);
  v6.set_port(7401);
  EXPECT_EQ(v4.port(), 7400);
  EXPECT_EQ(v6.ToString(), "[::1]:7401");
}

TEST(SocketAddress, TheOtherEndOfAUnixSocketHasNoPath) {
  int ends[2] = {};
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  const auto peer = SocketAddress::OfPeer(ends[0]);
  ASSERT_TRUE(peer.ok());
  EXPECT_TRUE(peer->is_unix());
  EXPECT_TRUE(peer->is_local());
  EXPECT_EQ(peer->ToString(), "unix:");
  close(ends[0]);
  close(ends[1]);
  EXPECT_FALSE(SocketAddress::OfPeer(-1).ok());
}

TEST(SocketAddress, IsWrittenAsGrpcsNameOfAPeerIs) {
  EXPECT_EQ(PeerAddress("ipv4:127.0.0.1:50210"), V4("127.0.0.1", 50210).ToString());
  EXPECT_EQ(PeerAddress("ipv6:%5B::1%5D:50210"), V6("::1", 50210).ToString());
  sockaddr_in6 link_local = {};
  link_local.sin6_family = AF_INET6;
  link_local.sin6_port = htons(80);
  link_local.sin6_scope_id = 2;
  inet_pton(AF_INET6, "fe80::1", &link_local.sin6_addr);
  EXPECT_EQ(
      PeerAddress("ipv6:%5Bfe80::1%252%5D:80"),
      SocketAddress(reinterpret_cast<const sockaddr*>(&link_local), sizeof link_local).ToString());
  EXPECT_EQ(PeerAddress("fd:17"), "fd:17");
}

}  // namespace
}  // namespace sluice
