// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "rpc/listen_address.h"

#include "gtest/gtest.h"

namespace sluice {
namespace {

struct AddressCase {
  const char* text;
  const char* host;
  int port;
  bool is_loopback;
};

class GoodAddress : public testing::TestWithParam<AddressCase> {};

TEST_P(GoodAddress, IsParsed) {
  const auto address = ParseListenAddress(GetParam().text);
  ASSERT_TRUE(address.ok()) << address.status();
  EXPECT_EQ(address->host, GetParam().host);
  EXPECT_EQ(address->port, GetParam().port);
  EXPECT_EQ(IsLoopback(*address), GetParam().is_loopback);
}

INSTANTIATE_TEST_SUITE_P(Table, GoodAddress,
                         testing::Values(AddressCase{"127.0.0.1:7400", "127.0.0.1", 7400, true},
                                         AddressCase{"127.9.9.9:1", "127.9.9.9", 1, true},
                                         AddressCase{"localhost:0", "localhost", 0, true},
                                         AddressCase{"[::1]:65535", "::1", 65535, true},
                                         AddressCase{"[::]:80", "::", 80, false},
                                         AddressCase{"0.0.0.0:80", "0.0.0.0", 80, false},
                                         AddressCase{"host.lan:80", "host.lan", 80, false},
                                         AddressCase{"localhost.x:80", "localhost.x", 80, false}));

class BadAddress : public testing::TestWithParam<const char*> {};

TEST_P(BadAddress, IsRefused) { EXPECT_FALSE(ParseListenAddress(GetParam()).ok()); }

INSTANTIATE_TEST_SUITE_P(Table, BadAddress,
                         testing::Values("", ":", "7400", ":7400", "host", "host:", "host:x",
                                         "host:-1", "host:65536", "::1:80", "[::1]", "[::1:80",
                                         "[127.0.0.1]:80", "http://host:80", "[]:80", "a b:80"));

}  // namespace
}  // namespace sluice
