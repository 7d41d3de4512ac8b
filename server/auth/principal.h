// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Who calls, and how that is known. Made for each call (rpc), held against the grants (policy), and
// written into the audit trail. Never kept with a connection: one connection may carry calls of
// several callers. Plain values.

#ifndef SLUICE_AUTH_PRINCIPAL_H_
#define SLUICE_AUTH_PRINCIPAL_H_

#include <sys/types.h>

#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"

namespace sluice {

struct AnonymousIdentity {};

// The other end of a Unix socket, as the kernel says.
struct UnixIdentity {
  uid_t uid = 0;
  std::string user;         // empty when the user has no name, or it is not known yet
  std::vector<gid_t> gids;  // the primary one, and the supplementary ones
};

struct TokenIdentity {
  std::string name;
  std::string sha256;  // of the token, in hexadecimal
};

// What the verified certificate says.
struct CertificateIdentity {
  std::vector<std::string> uris;
  std::vector<std::string> dns_names;
  std::string common_name;
};

struct Principal {
  std::variant<AnonymousIdentity, UnixIdentity, TokenIdentity, CertificateIdentity> identity;
  // Where the call comes from, for people: "127.0.0.1:50210".
  std::string peer;

  // The token's name; the user's name, else "uid:1000"; the certificate's first URI, else its
  // common name, else its first DNS name. "anonymous".
  std::string Name() const;
  // "anonymous", "unix", "token" or "certificate".
  const char* How() const;
  // Tells callers apart, whatever they are called: "token ci", "unix uid 1000". Of those whom
  // nobody knows, all together.
  std::string Key() const;
  // For messages: "the token \"ci\"".
  std::string Describe() const;
};

// The process at the other end of the connected Unix socket `fd`, without its user's name. Does not
// block.
absl::StatusOr<Principal> UnixPeer(int fd);

}  // namespace sluice

#endif  // SLUICE_AUTH_PRINCIPAL_H_
