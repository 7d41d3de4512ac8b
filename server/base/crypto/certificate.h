// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// X.509 certificates in PEM, read and held against what a TLS server needs, before a handshake
// fails of it. Used by the daemon's certificate files and the command line. Pure; any thread.

#ifndef SLUICE_BASE_CRYPTO_CERTIFICATE_H_
#define SLUICE_BASE_CRYPTO_CERTIFICATE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace sluice {

struct CertificateInfo {
  std::string common_name;
  // The subject alternative names, by kind.
  std::vector<std::string> dns_names;
  std::vector<std::string> ip_addresses;
  std::vector<std::string> uris;
  absl::Time not_before;
  absl::Time not_after;
};

// Of the first certificate in `pem`.
absl::StatusOr<CertificateInfo> ReadCertificate(absl::string_view pem);

// Whether a server can serve with `chain_pem` (its own certificate first, then those that signed
// it) at `now`: it can be read, its order is right, it is valid now and made for servers.
// UNAVAILABLE when it is only not valid at `now`.
absl::Status CheckServerChain(absl::string_view chain_pem, absl::Time now);

// Whether `key_pem` is a key that is strong enough.
absl::Status CheckPrivateKey(absl::string_view key_pem);
// And whether it belongs to the first certificate of `chain_pem`.
absl::Status CheckPrivateKey(absl::string_view key_pem, absl::string_view chain_pem);

// Whether `pem` holds authorities alone, and at least one that is valid at `now`: a bundle may
// carry an old one along. UNAVAILABLE when it is only not valid at `now`.
absl::Status CheckAuthorities(absl::string_view pem, absl::Time now);

}  // namespace sluice

#endif  // SLUICE_BASE_CRYPTO_CERTIFICATE_H_
