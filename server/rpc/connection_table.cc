// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "rpc/connection_table.h"

#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace sluice {
namespace {

// Whoever knocks all the time at a full house must not make us count all the time.
constexpr absl::Duration kSweepInterval = absl::Milliseconds(20);
// For the files, pipes and sockets that are no connections.
constexpr rlim_t kLeastReserve = 32;
constexpr rlim_t kReserveShare = 4;
constexpr size_t kUnixShare = 8;

// 0 when the descriptor is closed or no socket.
ino_t SocketInode(int fd) {
  struct stat info = {};
  return fstat(fd, &info) == 0 && S_ISSOCK(info.st_mode) ? info.st_ino : 0;
}

}  // namespace

absl::Status ConnectionTable::Add(int fd, const std::string& host, Principal principal) {
  MutexLock lock(mutex_);
  const auto before = entries_.find(fd);
  if (before != entries_.end()) Forget(before);
  const auto* const user = std::get_if<UnixIdentity>(&principal.identity);
  const bool is_unix = user != nullptr;
  // Most likely it is known by the time of the first call.
  if (is_unix) names_.Find(user->uid);
  if (!CheckLimits(host, is_unix).ok()) Sweep();
  SLUICE_RETURN_IF_ERROR(CheckLimits(host, is_unix));
  entries_[fd] = {SocketInode(fd), host, std::make_shared<const Principal>(std::move(principal))};
  ++of_host_[host];
  return absl::OkStatus();
}

std::optional<Principal> ConnectionTable::Find(int fd) const {
  std::shared_ptr<const Principal> known;
  {
    MutexLock lock(mutex_);
    const auto found = entries_.find(fd);
    if (found == entries_.end()) return std::nullopt;
    known = found->second.principal;
  }
  Principal principal = *known;
  if (auto* user = std::get_if<UnixIdentity>(&principal.identity)) {
    user->user = names_.Find(user->uid);
  }
  return principal;
}

size_t ConnectionTable::size() const {
  MutexLock lock(mutex_);
  return entries_.size();
}

absl::Status ConnectionTable::CheckLimits(const std::string& host, bool is_unix) {
  if (entries_.size() >= limits_.total - (is_unix ? 0 : limits_.total / kUnixShare)) {
    return absl::ResourceExhaustedError(
        absl::StrCat(entries_.size(), " connections are open (limits.max_connections)"));
  }
  const auto same = of_host_.find(host);
  if (same == of_host_.end() || same->second < limits_.per_peer) return absl::OkStatus();
  return absl::ResourceExhaustedError(absl::StrCat(limits_.per_peer, " connections of ", host,
                                                   " are open (limits.max_connections_per_peer)"));
}

void ConnectionTable::Forget(std::map<int, Entry>::iterator entry) {
  const auto same = of_host_.find(entry->second.host);
  if (--same->second == 0) of_host_.erase(same);
  entries_.erase(entry);
}

void ConnectionTable::Sweep() {
  const absl::Duration now = clock_.Monotonic();
  if (now < next_sweep_) return;
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    const auto next = std::next(entry);
    if (SocketInode(entry->first) != entry->second.inode) Forget(entry);
    entry = next;
  }
  next_sweep_ = clock_.Monotonic() + kSweepInterval;
}

ConnectionLimits WithinDescriptors(const ConnectionLimits& limits) {
  rlimit descriptors = {};
  if (getrlimit(RLIMIT_NOFILE, &descriptors) != 0) return limits;
  const rlim_t reserve = std::max(kLeastReserve, descriptors.rlim_cur / kReserveShare);
  const size_t most = descriptors.rlim_cur > reserve ? descriptors.rlim_cur - reserve : 1;
  return {std::min(limits.total, most), std::min(limits.per_peer, most)};
}

}  // namespace sluice
