// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "auth/principal.h"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/violations.h"

namespace sluice {
namespace {

std::string NameOf(const AnonymousIdentity& /*nobody*/) { return "anonymous"; }

std::string NameOf(const UnixIdentity& caller) {
  return caller.user.empty() ? absl::StrCat("uid:", caller.uid) : caller.user;
}

std::string NameOf(const TokenIdentity& token) { return token.name; }

std::string NameOf(const CertificateIdentity& certificate) {
  if (!certificate.uris.empty()) return certificate.uris.front();
  if (!certificate.common_name.empty() || certificate.dns_names.empty()) {
    return certificate.common_name;
  }
  return certificate.dns_names.front();
}

std::vector<gid_t> SupplementaryGroups(int fd) {
  std::vector<gid_t> groups(32);
  // The kernel says how much room it needs.
  for (int attempt = 0; attempt < 2; ++attempt) {
    socklen_t bytes = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
    const int result = getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &bytes);
    const bool too_small = result != 0 && errno == ERANGE;
    groups.resize(result == 0 || too_small ? bytes / sizeof(gid_t) : 0);
    if (!too_small) return groups;
  }
  return {};
}

}  // namespace

std::string Principal::Name() const {
  return std::visit([](const auto& known) { return NameOf(known); }, identity);
}

const char* Principal::How() const {
  static constexpr const char* kHow[] = {"anonymous", "unix", "token", "certificate"};
  return kHow[identity.index()];
}

std::string Principal::Key() const {
  // Not by name, which the system may know today and not tomorrow.
  if (const auto* user = std::get_if<UnixIdentity>(&identity)) {
    return absl::StrCat("unix uid ", user->uid);
  }
  return absl::StrCat(How(), " ", Name());
}

std::string Principal::Describe() const {
  if (std::holds_alternative<AnonymousIdentity>(identity)) return "a caller without credentials";
  const std::string name = Quoted(Name());
  if (const auto* caller = std::get_if<UnixIdentity>(&identity)) {
    return absl::StrCat("the user ", name, " (uid ", caller->uid, ")");
  }
  return absl::StrCat("the ", How(), " ", name);
}

absl::StatusOr<Principal> UnixPeer(int fd) {
  ucred peer = {};
  socklen_t bytes = sizeof peer;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &bytes) != 0) {
    return absl::ErrnoToStatus(errno, "cannot tell who is at the other end of the socket");
  }
  UnixIdentity caller{peer.uid, "", {peer.gid}};
  const std::vector<gid_t> more = SupplementaryGroups(fd);
  caller.gids.insert(caller.gids.end(), more.begin(), more.end());
  return Principal{std::move(caller), absl::StrCat("unix:pid=", peer.pid, ",uid=", peer.uid)};
}

}  // namespace sluice
