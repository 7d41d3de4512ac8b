// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "base/crypto/openssl.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace sluice {
namespace {

// Instead of OpenSSL's own callback, which would ask on the terminal.
int RefuseToAsk(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*user*/) { return -1; }

BioPtr ReaderOf(absl::string_view pem) {
  return BioPtr(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

bool ReachedTheEnd() {
  const unsigned long error = ERR_peek_last_error();
  return ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
}

}  // namespace

absl::Status OpenSslError(absl::string_view what) {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return absl::InvalidArgumentError(reason == nullptr ? std::string(what)
                                                      : absl::StrCat(what, " (", reason, ")"));
}

absl::StatusOr<std::vector<X509Ptr>> ParseCertificates(absl::string_view pem) {
  ERR_clear_error();
  const BioPtr reader = ReaderOf(pem);
  std::vector<X509Ptr> certificates;
  while (X509Ptr next{PEM_read_bio_X509(reader.get(), nullptr, RefuseToAsk, nullptr)}) {
    certificates.push_back(std::move(next));
  }
  if (!ReachedTheEnd()) return OpenSslError("is damaged: not a certificate in PEM");
  ERR_clear_error();
  if (certificates.empty()) {
    return absl::InvalidArgumentError("holds no certificate (-----BEGIN CERTIFICATE-----)");
  }
  return certificates;
}

absl::StatusOr<KeyPtr> ParsePrivateKey(absl::string_view pem) {
  ERR_clear_error();
  const BioPtr reader = ReaderOf(pem);
  KeyPtr key(PEM_read_bio_PrivateKey(reader.get(), nullptr, RefuseToAsk, nullptr));
  if (key == nullptr) return OpenSslError("holds no private key in PEM without a password");
  return key;
}

}  // namespace sluice
