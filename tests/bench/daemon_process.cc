// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "bench/daemon_process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <utility>

#include "absl/time/clock.h"
#include "base/unique_fd.h"

namespace sluice::bench {
namespace {

bool TakesConnections(const std::string& socket_path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (socket_path.size() >= sizeof(address.sun_path)) return false;
  std::memcpy(address.sun_path, socket_path.data(), socket_path.size());
  const UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
}

bool HasEnded(pid_t pid) {
  siginfo_t info = {};
  return waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         info.si_pid == pid;
}

}  // namespace

absl::StatusOr<std::unique_ptr<DaemonProcess>> DaemonProcess::Start(const std::string& socket,
                                                                    const std::string& data_dir) {
  std::string words[] = {SLUICE_BENCH_DAEMON, "--socket", socket, "--data-dir", data_dir};
  char* argv[] = {words[0].data(), words[1].data(), words[2].data(),
                  words[3].data(), words[4].data(), nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  const std::string log = data_dir + ".log";
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log.c_str(),
                                   O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  pid_t pid = 0;
  const int error = posix_spawn(&pid, argv[0], &actions, nullptr, argv, environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return absl::ErrnoToStatus(error, "cannot start " + words[0]);
  return std::unique_ptr<DaemonProcess>(new DaemonProcess(pid, socket));
}

DaemonProcess::DaemonProcess(pid_t pid, std::string socket)
    : pid_(pid), socket_(std::move(socket)) {}

DaemonProcess::~DaemonProcess() {
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

absl::Status DaemonProcess::AwaitSocket(absl::Duration timeout) const {
  const absl::Time end = absl::Now() + timeout;
  while (!TakesConnections(socket_)) {
    if (HasEnded(pid_)) return absl::UnavailableError("sluiced has ended by itself");
    if (absl::Now() > end) return absl::DeadlineExceededError("sluiced does not listen");
    absl::SleepFor(absl::Milliseconds(1));
  }
  return absl::OkStatus();
}

}  // namespace sluice::bench
