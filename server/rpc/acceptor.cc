// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "rpc/acceptor.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/failpoint.h"
#include "base/status_macros.h"
#include "base/violations.h"
#include "rpc/socket_address.h"
#include "spdlog/spdlog.h"

namespace sluice {
namespace {

// Of one listener before the next one has its turn.
constexpr int kMostAtOnce = 64;
// How long to let be what cannot be accepted.
constexpr int kRestMilliseconds = 50;
constexpr absl::Duration kLogInterval = absl::Seconds(1);

bool IsOutOfResources(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

struct Peer {
  std::string host;
  Principal principal;
};

absl::StatusOr<Peer> PeerOf(const Listener& listener, int fd) {
  if (!listener.is_unix()) {
    SLUICE_ASSIGN_OR_RETURN(const SocketAddress address, SocketAddress::OfPeer(fd));
    return Peer{address.Host(), Principal{AnonymousIdentity(), address.ToString()}};
  }
  SLUICE_ASSIGN_OR_RETURN(Principal principal, UnixPeer(fd));
  const uid_t uid = std::get<UnixIdentity>(principal.identity).uid;
  return Peer{absl::StrCat("uid ", uid), std::move(principal)};
}

}  // namespace

absl::StatusOr<std::unique_ptr<Acceptor>> Acceptor::Start(std::vector<Listener> listeners,
                                                          ConnectionTable& table,
                                                          const Clock& clock,
                                                          std::shared_ptr<Pulse> pulse,
                                                          HandOver hand_over) {
  std::unique_ptr<Acceptor> acceptor(
      new Acceptor(std::move(listeners), table, clock, std::move(pulse), std::move(hand_over)));
  if (!acceptor->stop_.ok() || !acceptor->reserve_.ok() || !acceptor->pulse_->fd().ok()) {
    return absl::ErrnoToStatus(errno, "cannot begin to accept connections");
  }
  SLUICE_ASSIGN_OR_RETURN(acceptor->thread_,
                          Thread::Start("acceptor", [self = acceptor.get()] { self->Run(); }));
  return acceptor;
}

Acceptor::Acceptor(std::vector<Listener> listeners, ConnectionTable& table, const Clock& clock,
                   std::shared_ptr<Pulse> pulse, HandOver hand_over)
    : listeners_(std::move(listeners)),
      table_(table),
      clock_(clock),
      pulse_(std::move(pulse)),
      hand_over_(std::move(hand_over)),
      stop_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  OpenReserve();
}

Acceptor::~Acceptor() {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(stop_.get(), &one, sizeof one);
  if (thread_.has_value()) thread_->Join();
  pulse_->End();
}

void Acceptor::Run() {
  std::vector<pollfd> waiting = {{stop_.get(), POLLIN, 0}, {pulse_->fd().get(), POLLIN, 0}};
  const size_t first = waiting.size();
  for (const Listener& listener : listeners_) waiting.push_back({listener.fd(), POLLIN, 0});
  while (true) {
    if (poll(waiting.data(), waiting.size(), -1) < 0) continue;
    if (waiting[0].revents != 0) return;
    if (waiting[1].revents != 0) pulse_->Beat();
    bool able = true;
    for (size_t i = 0; i < listeners_.size(); ++i) {
      if (waiting[first + i].revents != 0) able = AcceptAll(listeners_[i]) && able;
    }
    if (!able) poll(waiting.data(), 1, kRestMilliseconds);
  }
}

bool Acceptor::AcceptAll(const Listener& listener) {
  for (int i = 0; i < kMostAtOnce; ++i) {
    UniqueFd fd(accept4(listener.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (fd.ok()) {
      Take(listener, std::move(fd));
      continue;
    }
    if (IsOutOfResources(errno)) return Shed(listener);
    // The caller may have gone again before it was its turn.
    if (errno != EINTR && errno != ECONNABORTED) return true;
  }
  return true;
}

void Acceptor::Take(const Listener& listener, UniqueFd fd) {
  absl::StatusOr<Peer> peer = PeerOf(listener, fd.get());
  absl::Status taken = peer.status();
  if (peer.ok()) taken = table_.Add(fd.get(), peer->host, std::move(peer->principal));
  if (!taken.ok()) return LogRefusal(taken);
  SLUICE_FAILPOINT("accept.before_hand_over");
  hand_over_(listener, fd.Release());
}

bool Acceptor::Shed(const Listener& listener) {
  LogRefusal(absl::ErrnoToStatus(errno, "there is no descriptor left (ulimit -n)"));
  if (!reserve_.ok()) OpenReserve();
  if (!reserve_.ok()) return false;
  reserve_.Close();
  UniqueFd(accept4(listener.fd(), nullptr, nullptr, SOCK_CLOEXEC)).Close();
  OpenReserve();
  return reserve_.ok();
}

void Acceptor::LogRefusal(const absl::Status& why) {
  ++unlogged_;
  const absl::Duration now = clock_.Monotonic();
  if (now < next_log_) return;
  spdlog::warn("event=connections_refused count={} reason={}", unlogged_, Quoted(why.message()));
  unlogged_ = 0;
  next_log_ = now + kLogInterval;
}

void Acceptor::OpenReserve() { reserve_ = UniqueFd(open("/dev/null", O_RDONLY | O_CLOEXEC)); }

}  // namespace sluice
