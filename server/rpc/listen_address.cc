// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "rpc/listen_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/violations.h"

namespace sluice {
namespace {

constexpr int kMaxPort = 65'535;

absl::Status NotAnAddress(absl::string_view text) {
  return absl::InvalidArgumentError(
      absl::StrCat("must be HOST:PORT such as 127.0.0.1:7400 or [::1]:7400, is ", Quoted(text)));
}

}  // namespace

absl::StatusOr<ListenAddress> ParseListenAddress(absl::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == absl::string_view::npos || colon == 0) return NotAnAddress(text);
  ListenAddress address;
  if (!absl::SimpleAtoi(text.substr(colon + 1), &address.port)) return NotAnAddress(text);
  if (address.port < 0 || address.port > kMaxPort) {
    return absl::InvalidArgumentError(
        absl::StrCat("must have a port from 0 to ", kMaxPort, ", has ", address.port));
  }
  absl::string_view host = text.substr(0, colon);
  const bool bracketed = absl::ConsumePrefix(&host, "[") && absl::ConsumeSuffix(&host, "]");
  in6_addr ipv6;
  address.host = std::string(host);
  const bool is_ipv6 = inet_pton(AF_INET6, address.host.c_str(), &ipv6) == 1;
  const bool is_name = host.find_first_of(":/[] ") == absl::string_view::npos && !host.empty();
  if (bracketed ? !is_ipv6 : !is_name) return NotAnAddress(text);
  return address;
}

bool IsLoopback(const ListenAddress& address) {
  in_addr ipv4;
  if (inet_pton(AF_INET, address.host.c_str(), &ipv4) == 1) {
    return (ntohl(ipv4.s_addr) >> 24) == 127;
  }
  in6_addr ipv6;
  if (inet_pton(AF_INET6, address.host.c_str(), &ipv6) == 1) return IN6_IS_ADDR_LOOPBACK(&ipv6);
  return address.host == "localhost";
}

}  // namespace sluice
