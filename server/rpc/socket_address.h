// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// One end of a socket, for people and for limits. Used by the listeners and the acceptor. A value.

#ifndef SLUICE_RPC_SOCKET_ADDRESS_H_
#define SLUICE_RPC_SOCKET_ADDRESS_H_

#include <sys/socket.h>

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sluice {

class SocketAddress {
 public:
  SocketAddress(const sockaddr* address, socklen_t size);
  // Where the socket is bound.
  static absl::StatusOr<SocketAddress> OfSocket(int fd);
  // The other end of a connection.
  static absl::StatusOr<SocketAddress> OfPeer(int fd);

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage_); }
  socklen_t size() const { return size_; }
  bool is_unix() const { return storage_.ss_family == AF_UNIX; }
  // Only this machine reaches it: a Unix socket, or a loopback address.
  bool is_local() const;
  // 0 of a Unix socket.
  int port() const;
  void set_port(int port);
  // "unix:/path", "127.0.0.1:7400", "[::1]:7400".
  std::string ToString() const;
  // What counts as one host: the address without the port; of IPv6 the network of 64 bits, and of
  // loopback 127.0.0.1, since whoever has one address of it has them all.
  std::string Host() const;

 private:
  sockaddr_storage storage_ = {};
  socklen_t size_ = 0;
};

// What gRPC calls a peer, as ToString has it: "ipv4:127.0.0.1:50210" → "127.0.0.1:50210",
// "ipv6:%5B::1%5D:50210" → "[::1]:50210"; "fd:17" stays.
std::string PeerAddress(absl::string_view peer);

}  // namespace sluice

#endif  // SLUICE_RPC_SOCKET_ADDRESS_H_
