// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "rpc/socket_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"

namespace sluice {
namespace {

constexpr size_t kNetworkBytes = 8;

const sockaddr_in& V4(const sockaddr_storage& storage) {
  return reinterpret_cast<const sockaddr_in&>(storage);
}

const sockaddr_in6& V6(const sockaddr_storage& storage) {
  return reinterpret_cast<const sockaddr_in6&>(storage);
}

std::string Text(const in_addr& address) {
  char text[INET_ADDRSTRLEN] = {};
  inet_ntop(AF_INET, &address, text, sizeof text);
  return text;
}

std::string Text(const in6_addr& address) {
  char text[INET6_ADDRSTRLEN] = {};
  inet_ntop(AF_INET6, &address, text, sizeof text);
  return text;
}

in_addr Mapped(const in6_addr& address) {
  in_addr v4;
  std::memcpy(&v4, &address.s6_addr[12], sizeof v4);
  return v4;
}

bool IsLoopback(const in_addr& address) { return (ntohl(address.s_addr) >> 24) == IN_LOOPBACKNET; }

std::string HostOf(const in_addr& address) {
  return IsLoopback(address) ? "127.0.0.1" : Text(address);
}

template <typename Ask>
absl::StatusOr<SocketAddress> AskFor(Ask ask, int fd) {
  sockaddr_storage storage = {};
  socklen_t size = sizeof storage;
  auto* const generic = reinterpret_cast<sockaddr*>(&storage);
  if (ask(fd, generic, &size) != 0) return absl::ErrnoToStatus(errno, "a socket has no address");
  return SocketAddress(generic, size);
}

}  // namespace

SocketAddress::SocketAddress(const sockaddr* address, socklen_t size)
    : size_(std::min<socklen_t>(size, sizeof storage_)) {
  std::memcpy(&storage_, address, size_);
}

absl::StatusOr<SocketAddress> SocketAddress::OfSocket(int fd) { return AskFor(getsockname, fd); }

absl::StatusOr<SocketAddress> SocketAddress::OfPeer(int fd) { return AskFor(getpeername, fd); }

bool SocketAddress::is_local() const {
  if (storage_.ss_family == AF_INET) return IsLoopback(V4(storage_).sin_addr);
  if (storage_.ss_family != AF_INET6) return is_unix();
  const in6_addr& address = V6(storage_).sin6_addr;
  if (IN6_IS_ADDR_V4MAPPED(&address)) return IsLoopback(Mapped(address));
  return IN6_IS_ADDR_LOOPBACK(&address);
}

int SocketAddress::port() const {
  if (storage_.ss_family == AF_INET) return ntohs(V4(storage_).sin_port);
  return storage_.ss_family == AF_INET6 ? ntohs(V6(storage_).sin6_port) : 0;
}

void SocketAddress::set_port(int port) {
  const in_port_t value = htons(static_cast<uint16_t>(port));
  if (storage_.ss_family == AF_INET) reinterpret_cast<sockaddr_in&>(storage_).sin_port = value;
  if (storage_.ss_family == AF_INET6) reinterpret_cast<sockaddr_in6&>(storage_).sin6_port = value;
}

std::string SocketAddress::ToString() const {
  if (storage_.ss_family == AF_INET) return absl::StrCat(Text(V4(storage_).sin_addr), ":", port());
  if (storage_.ss_family != AF_INET6) {
    // A client's end has no path.
    const bool named = size_ > offsetof(sockaddr_un, sun_path);
    return absl::StrCat("unix:",
                        named ? reinterpret_cast<const sockaddr_un&>(storage_).sun_path : "");
  }
  const in6_addr& address = V6(storage_).sin6_addr;
  if (IN6_IS_ADDR_V4MAPPED(&address)) return absl::StrCat(Text(Mapped(address)), ":", port());
  const uint32_t scope = V6(storage_).sin6_scope_id;
  return absl::StrCat("[", Text(address), scope == 0 ? "" : absl::StrCat("%", scope), "]:", port());
}

std::string SocketAddress::Host() const {
  if (storage_.ss_family == AF_INET) return HostOf(V4(storage_).sin_addr);
  if (storage_.ss_family != AF_INET6) return "unix";
  in6_addr address = V6(storage_).sin6_addr;
  if (IN6_IS_ADDR_V4MAPPED(&address)) return HostOf(Mapped(address));
  std::memset(&address.s6_addr[kNetworkBytes], 0, sizeof address.s6_addr - kNetworkBytes);
  return absl::StrCat(Text(address), "/64");
}

std::string PeerAddress(absl::string_view peer) {
  if (!absl::ConsumePrefix(&peer, "ipv4:")) absl::ConsumePrefix(&peer, "ipv6:");
  return absl::StrReplaceAll(peer, {{"%5B", "["}, {"%5D", "]"}, {"%25", "%"}});
}

}  // namespace sluice
