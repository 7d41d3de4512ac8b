// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "app/systemd.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/unique_fd.h"

namespace sluice {
namespace {

// sd_listen_fds(3)
constexpr int kFirstInherited = 3;

std::string OneLine(absl::string_view text) {
  std::string line(text);
  std::replace(line.begin(), line.end(), '\n', ' ');
  return line;
}

// Whether the variable names this process, and not the one that started it.
bool IsOurs(const char* variable) {
  const char* const pid = std::getenv(variable);
  int for_whom = 0;
  return pid != nullptr && absl::SimpleAtoi(pid, &for_whom) && for_whom == getpid();
}

}  // namespace

SystemdNotifier SystemdNotifier::FromEnvironment() {
  const char* socket = std::getenv("NOTIFY_SOCKET");
  return SystemdNotifier(socket == nullptr ? "" : socket);
}

absl::Status SystemdNotifier::Ready(absl::string_view status) const {
  return Send(absl::StrCat("READY=1\nSTATUS=", OneLine(status), "\n"));
}

absl::Status SystemdNotifier::Status(absl::string_view status) const {
  return Send(absl::StrCat("STATUS=", OneLine(status), "\n"));
}

absl::Status SystemdNotifier::Stopping(absl::string_view status) const {
  return Send(absl::StrCat("STOPPING=1\nSTATUS=", OneLine(status), "\n"));
}

absl::Status SystemdNotifier::Alive() const { return Send("WATCHDOG=1\n"); }

absl::Status SystemdNotifier::Send(const std::string& message) const {
  if (socket_.empty()) return absl::OkStatus();
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (socket_.size() > sizeof(address.sun_path) - 1) {
    return absl::InvalidArgumentError(absl::StrCat("NOTIFY_SOCKET is too long: ", socket_));
  }
  std::memcpy(address.sun_path, socket_.data(), socket_.size());
  if (socket_[0] == '@') address.sun_path[0] = '\0';
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
  const UniqueFd fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (fd.get() < 0 || sendto(fd.get(), message.data(), message.size(), MSG_NOSIGNAL,
                             reinterpret_cast<const sockaddr*>(&address), length) < 0) {
    return absl::UnavailableError(
        absl::StrCat("cannot notify systemd at ", socket_, ": ", std::strerror(errno)));
  }
  return absl::OkStatus();
}

absl::Duration WatchdogInterval() {
  int64_t microseconds = 0;
  const char* const interval = std::getenv("WATCHDOG_USEC");
  const bool asked = interval != nullptr && absl::SimpleAtoi(interval, &microseconds) &&
                     (std::getenv("WATCHDOG_PID") == nullptr || IsOurs("WATCHDOG_PID"));
  return asked && microseconds > 0 ? absl::Microseconds(microseconds) : absl::InfiniteDuration();
}

std::vector<UniqueFd> InheritedSockets() {
  const char* const count = std::getenv("LISTEN_FDS");
  int sockets = 0;
  std::vector<UniqueFd> inherited;
  const bool ours = count != nullptr && IsOurs("LISTEN_PID") && absl::SimpleAtoi(count, &sockets);
  for (int fd = kFirstInherited; ours && fd < kFirstInherited + sockets; ++fd) {
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    inherited.emplace_back(fd);
  }
  for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) unsetenv(name);
  return inherited;
}

}  // namespace sluice
