// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Holds a Unix socket's path for one daemon. gRPC itself would take a live socket away from another
// daemon without a word.

#ifndef SLUICE_RPC_SOCKET_LOCK_H_
#define SLUICE_RPC_SOCKET_LOCK_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace sluice {

class SocketLock {
 public:
  // Locks `socket_path`.lock. ALREADY_EXISTS when another process holds it, with its process id.
  static absl::StatusOr<std::unique_ptr<SocketLock>> Acquire(const std::string& socket_path);
  ~SocketLock();
  SocketLock(const SocketLock&) = delete;
  SocketLock& operator=(const SocketLock&) = delete;

 private:
  explicit SocketLock(int fd) : fd_(fd) {}

  const int fd_;
};

}  // namespace sluice

#endif  // SLUICE_RPC_SOCKET_LOCK_H_
