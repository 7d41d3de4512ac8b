// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "base/survivors.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/random.h>
extern "C" {  // glibc 2.36 forgets it.
#include <sys/pidfd.h>
}

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/clock.h"
#include "base/unique_fd.h"

namespace sluice {
namespace {

constexpr size_t kCookieBytes = 16;
// More than the kernel allows for an environment of ordinary limits.
constexpr size_t kMaxFileBytes = 8 * 1024 * 1024;

// Empty when the process is gone or belongs to somebody else.
std::string ReadProcFile(pid_t pid, absl::string_view name) {
  const UniqueFd file(open(absl::StrCat("/proc/", pid, "/", name).c_str(), O_RDONLY | O_CLOEXEC));
  std::string content;
  std::vector<char> buffer(16 * 1024);
  while (file.ok() && content.size() < kMaxFileBytes) {
    const ssize_t got = read(file.get(), buffer.data(), buffer.size());
    if (got <= 0) break;
    content.append(buffer.data(), static_cast<size_t>(got));
  }
  return content;
}

std::vector<pid_t> AllProcesses() {
  std::vector<pid_t> pids;
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(opendir("/proc"), closedir);
  if (directory == nullptr) return pids;
  while (const dirent* entry = readdir(directory.get())) {
    int32_t pid = 0;
    if (absl::SimpleAtoi(entry->d_name, &pid) && pid != getpid()) pids.push_back(pid);
  }
  return pids;
}

pid_t ParentOf(pid_t pid) {
  // "PID (COMM) STATE PPID …", and COMM may hold anything.
  const std::string stat = ReadProcFile(pid, "stat");
  const size_t end = stat.rfind(')');
  if (end == std::string::npos) return 0;
  const std::vector<std::string> fields = absl::StrSplit(stat.substr(end), ' ');
  pid_t parent = 0;
  return fields.size() > 2 && absl::SimpleAtoi(fields[2], &parent) ? parent : 0;
}

// Kills every process that is meant now; returns their pidfds.
std::vector<UniqueFd> KillOnce(ProcessTest is_meant, std::map<pid_t, std::string>& killed) {
  std::vector<UniqueFd> handles;
  for (pid_t pid : AllProcesses()) {
    if (!is_meant(pid, ReadProcFile(pid, "environ"))) continue;
    UniqueFd handle(pidfd_open(pid, 0));
    // Looked at again: the id may have passed to another process before the handle was open.
    if (!handle.ok() || !is_meant(pid, ReadProcFile(pid, "environ"))) continue;
    killed.emplace(pid, absl::StripSuffix(ReadProcFile(pid, "comm"), "\n"));
    pidfd_send_signal(handle.get(), SIGKILL, nullptr, 0);
    handles.push_back(std::move(handle));
  }
  return handles;
}

void AwaitExit(const UniqueFd& handle, absl::Duration limit) {
  pollfd ready{handle.get(), POLLIN, 0};
  poll(&ready, 1, static_cast<int>(std::max<int64_t>(absl::ToInt64Milliseconds(limit), 0)));
}

}  // namespace

std::string NewCookie() {
  std::array<char, kCookieBytes> bytes{};
  // Cannot fail: so few bytes are given whole, and the pool is ready long before a daemon starts.
  while (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
  }
  return absl::BytesToHexString(absl::string_view(bytes.data(), bytes.size()));
}

std::map<pid_t, std::string> KillProcesses(ProcessTest is_meant, absl::Duration limit) {
  const RealClock clock;
  const absl::Duration deadline = clock.Monotonic() + limit;
  std::map<pid_t, std::string> killed;
  // What a process starts between our look and its death has its environment too: hence the loop.
  while (clock.Monotonic() < deadline) {
    const std::vector<UniqueFd> handles = KillOnce(is_meant, killed);
    if (handles.empty()) break;
    for (const UniqueFd& handle : handles) AwaitExit(handle, deadline - clock.Monotonic());
  }
  return killed;
}

std::map<pid_t, std::string> KillProcessesWith(const std::string& cookie, absl::Duration limit) {
  const auto has_cookie = [&](pid_t, absl::string_view environment) {
    return absl::StrContains(environment, cookie);
  };
  return KillProcesses(has_cookie, limit);
}

bool HasAncestorNamed(pid_t pid, absl::string_view name) {
  for (pid_t parent = ParentOf(pid); parent > 1; parent = ParentOf(parent)) {
    if (absl::StripSuffix(ReadProcFile(parent, "comm"), "\n") == name) return true;
  }
  return false;
}

std::string DescribeSurvivors(const std::map<pid_t, std::string>& survivors) {
  return absl::StrCat(survivors.size(), survivors.size() == 1 ? " process" : " processes",
                      " outlived the command and ", survivors.size() == 1 ? "was" : "were",
                      " killed: ", absl::StrJoin(survivors, ", ", absl::PairFormatter(" ")));
}

}  // namespace sluice
