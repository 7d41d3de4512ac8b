// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "rpc/listener.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/durable_file.h"
#include "base/status_macros.h"
#include "rpc/socket_address.h"

namespace sluice {
namespace {

constexpr int kBacklog = 1024;
constexpr mode_t kSocketMode = 0660;
constexpr mode_t kSocketDirectoryMode = 0750;

absl::Status Failed(const std::string& address, int error) {
  return absl::UnavailableError(absl::StrCat("cannot listen on ", address, ": ",
                                             std::strerror(error),
                                             error == EADDRINUSE ? "; is the address taken?" : ""));
}

UniqueFd NewSocket(int family) {
  return UniqueFd(socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

sockaddr_un UnixAddress(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return address;
}

bool SomebodyAnswers(const sockaddr_un& address) {
  const UniqueFd fd = NewSocket(AF_UNIX);
  const auto* const generic = reinterpret_cast<const sockaddr*>(&address);
  // EAGAIN: its queue is full, so there is one.
  return connect(fd.get(), generic, sizeof address) == 0 || errno == EAGAIN;
}

// Makes room for a socket at `path`.
absl::Status RemoveLeftover(const std::string& path, const sockaddr_un& address) {
  struct stat info = {};
  if (lstat(path.c_str(), &info) != 0) return absl::OkStatus();
  if (!S_ISSOCK(info.st_mode)) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, " is no socket, and was not replaced; choose another path"));
  }
  if (SomebodyAnswers(address)) {
    return absl::AlreadyExistsError(absl::StrCat("another program listens on ", path));
  }
  unlink(path.c_str());
  return absl::OkStatus();
}

void SetTcpOptions(int fd, int family) {
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  // What is accepted inherits this.
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const int off = 0;
  if (family == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
}

using AddressList = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

absl::StatusOr<AddressList> Resolve(const ListenAddress& address) {
  addrinfo hints = {};
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error =
      getaddrinfo(address.host.c_str(), absl::StrCat(address.port).c_str(), &hints, &found);
  if (error == 0) return AddressList(found, freeaddrinfo);
  return absl::UnavailableError(
      absl::StrCat("cannot listen on ", address.host, ": ", gai_strerror(error)));
}

absl::StatusOr<Listener> Bind(const addrinfo& at, int port) {
  SocketAddress address(at.ai_addr, at.ai_addrlen);
  address.set_port(port);
  UniqueFd fd = NewSocket(at.ai_family);
  SetTcpOptions(fd.get(), at.ai_family);
  if (bind(fd.get(), address.get(), address.size()) != 0 || listen(fd.get(), kBacklog) != 0) {
    return Failed(address.ToString(), errno);
  }
  return Listener::Adopt(std::move(fd));
}

}  // namespace

absl::Status MakeSocketDirectory(const std::string& socket) {
  const std::string directory = DirectoryOf(socket);
  if (mkdir(directory.c_str(), kSocketDirectoryMode) == 0 || errno == EEXIST) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(absl::StrCat(
      "cannot make ", directory, ", the directory of the default socket: ", std::strerror(errno),
      "; start sluiced by its systemd unit, which makes it, or choose another socket with "
      "--socket"));
}

absl::StatusOr<Listener> Listener::OnUnixSocket(const std::string& path) {
  const sockaddr_un address = UnixAddress(path);
  SLUICE_RETURN_IF_ERROR(RemoveLeftover(path, address));
  UniqueFd fd = NewSocket(AF_UNIX);
  // Never open to others, not even until chmod: bind takes the mode of the socket and the umask.
  fchmod(fd.get(), kSocketMode);
  const auto* const generic = reinterpret_cast<const sockaddr*>(&address);
  if (bind(fd.get(), generic, sizeof address) != 0) return Failed(path, errno);
  Listener listener;
  listener.fd_ = std::move(fd);
  listener.path_ = path;
  listener.inode_ = InodeOf(path);
  listener.address_ = absl::StrCat("unix:", path);
  if (chmod(path.c_str(), kSocketMode) != 0 || ::listen(listener.fd(), kBacklog) != 0) {
    return Failed(path, errno);
  }
  return listener;
}

absl::StatusOr<std::vector<Listener>> Listener::OnTcp(const ListenAddress& address) {
  SLUICE_ASSIGN_OR_RETURN(const AddressList found, Resolve(address));
  std::vector<Listener> listeners;
  int port = address.port;
  absl::Status first_error;
  for (const addrinfo* at = found.get(); at != nullptr; at = at->ai_next) {
    absl::StatusOr<Listener> listener = Bind(*at, port);
    if (!listener.ok()) {
      first_error.Update(listener.status());
      continue;
    }
    port = listener->port();
    listeners.push_back(*std::move(listener));
  }
  // localhost may have an address of a family that the machine does not have.
  const bool taken = absl::StrContains(first_error.message(), "taken");
  if (listeners.empty() || taken) return first_error;
  return listeners;
}

absl::StatusOr<Listener> Listener::Adopt(UniqueFd fd) {
  int listens = 0;
  socklen_t size = sizeof listens;
  if (getsockopt(fd.get(), SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0 || listens == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("descriptor ", fd.get(), " is no stream socket that listens"));
  }
  SLUICE_ASSIGN_OR_RETURN(const SocketAddress address, SocketAddress::OfSocket(fd.get()));
  fcntl(fd.get(), F_SETFL, fcntl(fd.get(), F_GETFL) | O_NONBLOCK);
  Listener listener;
  listener.fd_ = std::move(fd);
  listener.port_ = address.port();
  listener.local_ = address.is_local();
  listener.address_ = address.ToString();
  return listener;
}

// Somebody may have removed it, and another daemon have made its own there.
Listener::~Listener() {
  if (fd_.ok() && !path_.empty() && InodeOf(path_) == inode_) unlink(path_.c_str());
}

}  // namespace sluice
