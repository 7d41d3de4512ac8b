// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// A socket that listens: made here, or by systemd, which hands it over open. gRPC's own listener is
// not used, because at the first lack of descriptors it stops accepting for good.

#ifndef SLUICE_RPC_LISTENER_H_
#define SLUICE_RPC_LISTENER_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/unique_fd.h"
#include "rpc/listen_address.h"

namespace sluice {

// Makes the directory that `socket` is to be in, for its owner and group as the systemd unit does;
// the directory above must be there. One that is there stays as it is.
absl::Status MakeSocketDirectory(const std::string& socket);

class Listener {
 public:
  // A Unix socket for its owner and group. What a dead daemon left at `path` is replaced; a socket
  // on which somebody answers is ALREADY_EXISTS, any other file FAILED_PRECONDITION.
  static absl::StatusOr<Listener> OnUnixSocket(const std::string& path);
  // One for each address that the host's name has, all on one port. UNAVAILABLE when it is taken.
  static absl::StatusOr<std::vector<Listener>> OnTcp(const ListenAddress& address);
  // Takes a stream socket over that listens already.
  static absl::StatusOr<Listener> Adopt(UniqueFd fd);

  Listener(Listener&&) = default;
  Listener& operator=(Listener&&) = default;
  // Removes the path of a Unix socket that was made here.
  ~Listener();

  int fd() const { return fd_.get(); }
  bool is_unix() const { return port_ == 0; }
  // 0 of a Unix socket.
  int port() const { return port_; }
  // "unix:/run/sluice/sluice.sock", "127.0.0.1:7400", "[::1]:7400".
  const std::string& address() const { return address_; }
  // Nobody but this machine reaches it.
  bool is_local() const { return local_; }

 private:
  Listener() = default;

  UniqueFd fd_;
  int port_ = 0;
  bool local_ = true;
  std::string address_;
  std::string path_;  // to be removed, while it is still this one's
  ino_t inode_ = 0;
};

}  // namespace sluice

#endif  // SLUICE_RPC_LISTENER_H_
