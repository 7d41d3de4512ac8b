// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// OpenSSL's objects with owners, and its errors as absl::Status. Used inside base/crypto only.

#ifndef SLUICE_BASE_CRYPTO_OPENSSL_H_
#define SLUICE_BASE_CRYPTO_OPENSSL_H_

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sluice {

template <auto Free>
struct OpenSslFree {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};

using BioPtr = std::unique_ptr<BIO, OpenSslFree<BIO_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, OpenSslFree<EVP_PKEY_free>>;
using X509Ptr = std::unique_ptr<X509, OpenSslFree<X509_free>>;
using GeneralNamesPtr = std::unique_ptr<GENERAL_NAMES, OpenSslFree<GENERAL_NAMES_free>>;

// INVALID_ARGUMENT with OpenSSL's own reason, which is taken off this thread's queue of errors.
absl::Status OpenSslError(absl::string_view what);

// All certificates of a PEM text, in its order; at least one.
absl::StatusOr<std::vector<X509Ptr>> ParseCertificates(absl::string_view pem);

// An encrypted key is an error: there is nobody to ask for its password.
absl::StatusOr<KeyPtr> ParsePrivateKey(absl::string_view pem);

}  // namespace sluice

#endif  // SLUICE_BASE_CRYPTO_OPENSSL_H_
