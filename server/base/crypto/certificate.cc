// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "base/crypto/certificate.h"

#include <openssl/err.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "base/crypto/openssl.h"
#include "base/status_macros.h"
#include "base/violations.h"

namespace sluice {
namespace {

// What TLS libraries of today ask for: RSA from 2048 bits, elliptic curves from P-224.
constexpr int kMinSecurityBits = 112;

std::string TextOf(const ASN1_STRING* value) {
  return std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
                     static_cast<size_t>(ASN1_STRING_length(value)));
}

std::string AddressOf(const ASN1_STRING* value) {
  const unsigned char* bytes = ASN1_STRING_get0_data(value);
  if (ASN1_STRING_length(value) == 4) {
    return absl::StrCat(bytes[0], ".", bytes[1], ".", bytes[2], ".", bytes[3]);
  }
  if (ASN1_STRING_length(value) != 16) return "";
  std::string text;
  for (int i = 0; i < 16; i += 2) {
    absl::StrAppend(&text, i == 0 ? "" : ":", absl::Hex(bytes[i] << 8 | bytes[i + 1]));
  }
  return text;
}

absl::Time TimeOf(const ASN1_TIME* time) {
  tm broken_down = {};
  ASN1_TIME_to_tm(time, &broken_down);
  return absl::FromTM(broken_down, absl::UTCTimeZone());
}

std::string CommonNameOf(const X509& certificate) {
  const X509_NAME* subject = X509_get_subject_name(&certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  return at < 0 ? "" : TextOf(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
}

void AddAlternativeNames(const X509& certificate, CertificateInfo& info) {
  const GeneralNamesPtr names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names != nullptr && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    int kind = 0;
    const auto* value = static_cast<const ASN1_STRING*>(
        GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names.get(), i), &kind));
    if (kind == GEN_DNS) info.dns_names.push_back(TextOf(value));
    if (kind == GEN_URI) info.uris.push_back(TextOf(value));
    if (kind == GEN_IPADD) info.ip_addresses.push_back(AddressOf(value));
  }
}

CertificateInfo InfoOf(const X509& certificate) {
  CertificateInfo info;
  info.common_name = CommonNameOf(certificate);
  AddAlternativeNames(certificate, info);
  info.not_before = TimeOf(X509_get0_notBefore(&certificate));
  info.not_after = TimeOf(X509_get0_notAfter(&certificate));
  return info;
}

absl::Status CheckValidity(const X509& certificate, absl::Time now) {
  const CertificateInfo info = InfoOf(certificate);
  const std::string who = absl::StrCat("the certificate of ", Quoted(info.common_name));
  if (now < info.not_before) {
    return absl::UnavailableError(
        absl::StrCat(who, " is not valid before ",
                     absl::FormatTime(absl::RFC3339_sec, info.not_before, absl::UTCTimeZone())));
  }
  if (now > info.not_after) {
    return absl::UnavailableError(  // Until it is renewed.
        absl::StrCat(who, " expired at ",
                     absl::FormatTime(absl::RFC3339_sec, info.not_after, absl::UTCTimeZone())));
  }
  return absl::OkStatus();
}

// Each certificate is to be signed by the next one.
absl::Status CheckOrder(absl::Span<const X509Ptr> chain) {
  for (size_t i = 0; i + 1 < chain.size(); ++i) {
    if (X509_check_issued(chain[i + 1].get(), chain[i].get()) == X509_V_OK) continue;
    return absl::FailedPreconditionError(
        absl::StrCat("certificate ", i + 2, " did not sign certificate ", i + 1,
                     "; put the server's own first, then those that signed it"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<CertificateInfo> ReadCertificate(absl::string_view pem) {
  SLUICE_ASSIGN_OR_RETURN(const std::vector<X509Ptr> chain, ParseCertificates(pem));
  return InfoOf(*chain.front());
}

absl::Status CheckServerChain(absl::string_view chain_pem, absl::Time now) {
  SLUICE_ASSIGN_OR_RETURN(const std::vector<X509Ptr> chain, ParseCertificates(chain_pem));
  SLUICE_RETURN_IF_ERROR(CheckOrder(chain));
  for (const X509Ptr& certificate : chain) {
    SLUICE_RETURN_IF_ERROR(CheckValidity(*certificate, now));
  }
  if (X509_check_purpose(chain.front().get(), X509_PURPOSE_SSL_SERVER, 0) != 1) {
    return absl::FailedPreconditionError(
        "the certificate is not made for TLS servers: its extended key usage lacks serverAuth");
  }
  return absl::OkStatus();
}

absl::Status CheckPrivateKey(absl::string_view key_pem) {
  SLUICE_ASSIGN_OR_RETURN(const KeyPtr key, ParsePrivateKey(key_pem));
  if (EVP_PKEY_get_security_bits(key.get()) >= kMinSecurityBits) return absl::OkStatus();
  return absl::FailedPreconditionError(
      "the key is too weak for TLS; take P-256, or RSA with at least 2048 bits");
}

absl::Status CheckPrivateKey(absl::string_view key_pem, absl::string_view chain_pem) {
  SLUICE_RETURN_IF_ERROR(CheckPrivateKey(key_pem));
  SLUICE_ASSIGN_OR_RETURN(const KeyPtr key, ParsePrivateKey(key_pem));
  SLUICE_ASSIGN_OR_RETURN(const std::vector<X509Ptr> chain, ParseCertificates(chain_pem));
  if (X509_check_private_key(chain.front().get(), key.get()) == 1) return absl::OkStatus();
  ERR_clear_error();
  return absl::FailedPreconditionError("the key does not belong to the certificate");
}

absl::Status CheckAuthorities(absl::string_view pem, absl::Time now) {
  SLUICE_ASSIGN_OR_RETURN(const std::vector<X509Ptr> all, ParseCertificates(pem));
  absl::Status expired;
  bool one_is_valid = false;
  for (const X509Ptr& authority : all) {
    if (X509_check_ca(authority.get()) < 1) {
      return absl::FailedPreconditionError(absl::StrCat(
          "the certificate of ", Quoted(CommonNameOf(*authority)), " is not that of an authority"));
    }
    const absl::Status validity = CheckValidity(*authority, now);
    one_is_valid = one_is_valid || validity.ok();
    expired.Update(validity);
  }
  return one_is_valid ? absl::OkStatus() : expired;
}

}  // namespace sluice
