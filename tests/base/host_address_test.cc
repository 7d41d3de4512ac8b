// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "base/host_address.h"

#include <gtest/gtest.h>

#include <string>

namespace sluice {
namespace {

TEST(HostAddressTest, IsAHostWithOrWithoutAPort) {
  for (const char* address :
       {"host", "host:80", "web-1.internal:8080", "10.0.0.11", "10.0.0.11:65535", "my_host:1",
        "[::1]", "[::1]:80", "[fe80::1%25eth0]:80", "xn--mnchen-3ya.example:80"}) {
    EXPECT_TRUE(IsHostAddress(address)) << address;
  }
}

TEST(HostAddressTest, IsNothingThatMeansMoreInAUrl) {
  for (const char* address : {"",
                              ":80",
                              "host:",
                              "host:0",
                              "host:65536",
                              "host:000080",
                              "host:+80",
                              "host:80:80",
                              "host:http",
                              "host/",
                              "host:80/admin",
                              "host:80/admin?x=",
                              "host?x=",
                              "host#x",
                              "user@host:80",
                              "host:80@other",
                              "host\\other",
                              "ho st",
                              " host:80",
                              "host:80 ",
                              "host\t",
                              "host%2Fadmin",
                              "http://host",
                              "unix:/run/socket",
                              "dns:///host",
                              "::1",
                              "[]",
                              "[]:80",
                              "[::1",
                              "[::1]80",
                              "[::1]:",
                              "[::1/x]:80",
                              "[::1]/x]:80",
                              "x[::1]:80",
                              "{version}",
                              "..",
                              "-host",
                              "m\xC3\xBCnchen:80"}) {
    EXPECT_FALSE(IsHostAddress(address)) << address;
  }
}

TEST(HostAddressTest, AFaultNamesTheFieldAndTheAddress) {
  Violations violations;
  CheckHostAddress("targets[0].address", "host:80", violations);
  EXPECT_TRUE(violations.empty());
  CheckHostAddress("targets[1].address", "host/x", violations);
  ASSERT_EQ(violations.all().size(), 1u);
  EXPECT_EQ(violations.all()[0].field, "targets[1].address");
  EXPECT_NE(violations.all()[0].description.find("\"host/x\""), std::string::npos);
}

}  // namespace
}  // namespace sluice
