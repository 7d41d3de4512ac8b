// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Makes certificates for development: an authority of one's own, and what it signs. Keys are EC
// P-256, signatures SHA-256. Used by `sluice certs init` and the tests. Thread-safe.

#ifndef SLUICE_BASE_CRYPTO_CERTIFICATE_MAKER_H_
#define SLUICE_BASE_CRYPTO_CERTIFICATE_MAKER_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace sluice {

struct Validity {
  absl::Time from;
  absl::Time to;
};

// Both in PEM.
struct KeyAndCertificate {
  std::string private_key;
  std::string certificate;
};

struct CertificateRequest {
  enum class Usage { kServer, kClient };

  std::string common_name;
  Usage usage = Usage::kServer;
  // A DNS name, "*.example.org", or an IP address each.
  std::vector<std::string> hosts;
  std::vector<std::string> uris;
  Validity validity;
};

// An authority that signs certificates of servers and clients, and no other authority.
absl::StatusOr<KeyAndCertificate> MakeAuthority(const std::string& common_name, Validity validity);

// INVALID_ARGUMENT when a host is neither a DNS name nor an address.
absl::StatusOr<KeyAndCertificate> IssueCertificate(const KeyAndCertificate& authority,
                                                   const CertificateRequest& request);

// A DNS name, with "*." before it if need be, or an IP address.
bool IsHost(absl::string_view host);

}  // namespace sluice

#endif  // SLUICE_BASE_CRYPTO_CERTIFICATE_MAKER_H_
