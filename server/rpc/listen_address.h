// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// "host:port" as the daemon listens on it. Used by the configuration's checks and the server. Pure.

#ifndef SLUICE_RPC_LISTEN_ADDRESS_H_
#define SLUICE_RPC_LISTEN_ADDRESS_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sluice {

struct ListenAddress {
  std::string host;  // without the brackets of an IPv6 address
  int port = 0;      // 0: any free one
};

// INVALID_ARGUMENT says what to write: "127.0.0.1:7400", "[::1]:7400", "localhost:0".
absl::StatusOr<ListenAddress> ParseListenAddress(absl::string_view text);

// True when only this machine reaches it: localhost, 127.0.0.0/8, ::1.
bool IsLoopback(const ListenAddress& address);

}  // namespace sluice

#endif  // SLUICE_RPC_LISTEN_ADDRESS_H_
