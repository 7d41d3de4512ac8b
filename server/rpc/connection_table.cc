// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "rpc/connection_table.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "base/descriptor_limit.h"
#include "base/status_macros.h"
#include "base/unique_fd.h"
#include "rpc/socket_address.h"

namespace sluice {
namespace {

// Whoever knocks all the time at a full house must not make us count all the time.
constexpr absl::Duration kSweepInterval = absl::Milliseconds(20);
// For the files, pipes and sockets that are no connections.
constexpr size_t kLeastReserve = 32;
constexpr size_t kReserveShare = 4;
constexpr size_t kUnixShare = 8;

// 0 when the descriptor is closed or no socket.
ino_t SocketInode(int fd) {
  struct stat info = {};
  return fstat(fd, &info) == 0 && S_ISSOCK(info.st_mode) ? info.st_ino : 0;
}

bool HasEnded(int fd) {
  pollfd asked = {fd, POLLRDHUP, 0};
  return poll(&asked, 1, 0) == 1 && (asked.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

// What the other end has sent before would still be read, and be thousands of streams.
void Discard(int fd) {
  char buffer[64 * 1024];
  while (recv(fd, buffer, sizeof buffer, MSG_DONTWAIT) > 0) {
  }
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
  const std::string address = is_unix ? absl::StrCat("fd:", fd) : principal.peer;
  entries_[fd] = {SocketInode(fd), host, address,
                  std::make_shared<const Principal>(std::move(principal))};
  ++of_host_[host];
  by_address_[address] = fd;
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

std::optional<ConnectionTable::State> ConnectionTable::StateOf(const std::string& peer) const {
  MutexLock lock(mutex_);
  const int fd = DescriptorOf(peer);
  if (fd < 0) return std::nullopt;
  return State{entries_.at(fd).host, HasEnded(fd)};
}

void ConnectionTable::Cut(const std::string& peer) {
  MutexLock lock(mutex_);
  const auto entry = entries_.find(DescriptorOf(peer));
  if (entry != entries_.end()) CutEntry(*entry);
}

// gRPC may close the descriptor meanwhile, and another connection get its number: only a second one
// is sure to stay the same socket.
void ConnectionTable::CutEntry(const std::pair<const int, Entry>& entry) {
  const UniqueFd fd(fcntl(entry.first, F_DUPFD_CLOEXEC, 0));
  if (!fd.ok() || SocketInode(fd.get()) != entry.second.inode) return;
  shutdown(fd.get(), SHUT_RDWR);
  Discard(fd.get());
}

bool ConnectionTable::Bar(const std::string& host, absl::Duration duration) {
  MutexLock lock(mutex_);
  const absl::Duration now = clock_.Monotonic();
  std::erase_if(barred_, [now](const auto& barred) { return barred.second <= now; });
  for (const auto& entry : entries_) {
    if (entry.second.host == host && HasEnded(entry.first)) CutEntry(entry);
  }
  const auto [barred, is_new] = barred_.try_emplace(host, now + duration);
  barred->second = std::max(barred->second, now + duration);
  return is_new;
}

int ConnectionTable::DescriptorOf(const std::string& peer) const {
  const auto found = by_address_.find(PeerAddress(peer));
  if (found == by_address_.end()) return -1;
  const auto entry = entries_.find(found->second);
  return SocketInode(entry->first) == entry->second.inode ? entry->first : -1;
}

size_t ConnectionTable::size() const {
  MutexLock lock(mutex_);
  return entries_.size();
}

absl::Status ConnectionTable::CheckLimits(const std::string& host, bool is_unix) {
  const auto barred = barred_.find(host);
  if (barred != barred_.end() && clock_.Monotonic() < barred->second) {
    return absl::ResourceExhaustedError(
        absl::StrCat(host, " was cut off, since it left calls behind too fast"));
  }
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
  const auto named = by_address_.find(entry->second.address);
  // Another one may have the address by now.
  if (named != by_address_.end() && named->second == entry->first) by_address_.erase(named);
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
  const size_t descriptors = DescriptorLimit();
  const size_t reserve = std::max(kLeastReserve, descriptors / kReserveShare);
  const size_t most = descriptors > reserve ? descriptors - reserve : 1;
  const size_t total = std::min(limits.total, most);
  // Where descriptors are what limits them, one peer must leave some to the others.
  const size_t of_one = total < limits.total ? std::max<size_t>(total / 2, 1) : total;
  return {total, std::min(limits.per_peer, of_one)};
}

}  // namespace sluice
