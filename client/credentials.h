// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// How the command line makes itself known to the daemon: TLS, a certificate, a token. Read once,
// from flags and environment, before the first call. Plain values.

#ifndef SLUICE_CLIENT_CREDENTIALS_H_
#define SLUICE_CLIENT_CREDENTIALS_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "client/options.h"
#include "grpcpp/security/credentials.h"

namespace sluice::client {

struct Credentials {
  std::string authorities;  // PEM; empty: no TLS
  std::string certificate;  // PEM; empty: none
  std::string key;
  std::string token;  // empty: none

  bool tls() const { return !authorities.empty(); }
  std::shared_ptr<grpc::ChannelCredentials> ForChannel() const;
};

// Null when there is no such variable.
using Environment = std::function<const char*(const char* name)>;

// What `files` names, and where it names nothing SLUICE_CA, SLUICE_CERT, SLUICE_KEY (files) and
// SLUICE_TOKEN (the token itself). To a Unix socket no TLS is spoken. A file that cannot be used,
// and a token that others could read on the way to `address`, is an error that names the flag.
absl::StatusOr<Credentials> ReadCredentials(const CredentialFiles& files,
                                            const std::string& address,
                                            const Environment& environment);

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_CREDENTIALS_H_
