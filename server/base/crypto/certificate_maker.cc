// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "base/crypto/certificate_maker.h"

#include <arpa/inet.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/pem.h>

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/crypto/openssl.h"
#include "base/status_macros.h"
#include "base/violations.h"

namespace sluice {
namespace {

using BigNumberPtr = std::unique_ptr<BIGNUM, OpenSslFree<BN_free>>;
using ExtensionPtr = std::unique_ptr<X509_EXTENSION, OpenSslFree<X509_EXTENSION_free>>;
using GeneralNamePtr = std::unique_ptr<GENERAL_NAME, OpenSslFree<GENERAL_NAME_free>>;

constexpr long kVersion3 = 2;
constexpr int kSerialBits = 127;
constexpr size_t kMaxDnsNameBytes = 253;
constexpr size_t kMaxDnsLabelBytes = 63;

bool IsAddress(absl::string_view host) {
  const std::string text(host);
  unsigned char bytes[16];
  return inet_pton(AF_INET, text.c_str(), bytes) == 1 ||
         inet_pton(AF_INET6, text.c_str(), bytes) == 1;
}

bool IsDnsLabel(absl::string_view label) {
  return !label.empty() && label.size() <= kMaxDnsLabelBytes && label.front() != '-' &&
         label.back() != '-' && std::all_of(label.begin(), label.end(), [](char c) {
           return absl::ascii_isalnum(c) || c == '-';
         });
}

bool IsDnsName(absl::string_view host) {
  if (host.size() > kMaxDnsNameBytes) return false;
  absl::ConsumePrefix(&host, "*.");
  const std::vector<absl::string_view> labels = absl::StrSplit(host, '.');
  return std::all_of(labels.begin(), labels.end(), IsDnsLabel);
}

// What a certificate is made from. `issuer` and `signing_key` are the certificate's own for an
// authority.
struct Draft {
  X509Ptr certificate;
  KeyPtr key;
};

absl::Status SetSerial(X509& certificate) {
  const BigNumberPtr number(BN_new());
  if (BN_rand(number.get(), kSerialBits, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) != 1 ||
      BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(&certificate)) == nullptr) {
    return OpenSslError("cannot make a serial number");
  }
  return absl::OkStatus();
}

absl::StatusOr<Draft> BeginDraft(const std::string& common_name, const Validity& validity) {
  Draft draft{X509Ptr(X509_new()), KeyPtr(EVP_EC_gen("P-256"))};
  if (draft.key == nullptr) return OpenSslError("cannot make a key");
  X509& certificate = *draft.certificate;
  X509_set_version(&certificate, kVersion3);
  SLUICE_RETURN_IF_ERROR(SetSerial(certificate));
  ASN1_TIME_set(X509_getm_notBefore(&certificate), absl::ToTimeT(validity.from));
  ASN1_TIME_set(X509_getm_notAfter(&certificate), absl::ToTimeT(validity.to));
  const auto* name = reinterpret_cast<const unsigned char*>(common_name.data());
  if (X509_NAME_add_entry_by_NID(X509_get_subject_name(&certificate), NID_commonName, MBSTRING_UTF8,
                                 name, static_cast<int>(common_name.size()), -1, 0) != 1 ||
      X509_set_pubkey(&certificate, draft.key.get()) != 1) {
    return OpenSslError(absl::StrCat("cannot make a certificate for ", Quoted(common_name)));
  }
  return draft;
}

// `value` in the syntax of OpenSSL's configuration: never a text from outside.
absl::Status AddExtension(X509& certificate, X509& issuer, int id, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, &issuer, &certificate, nullptr, nullptr, 0);
  const ExtensionPtr extension(X509V3_EXT_nconf_nid(nullptr, &context, id, value));
  if (extension == nullptr || X509_add_ext(&certificate, extension.get(), -1) != 1) {
    return OpenSslError(absl::StrCat("cannot add ", value));
  }
  return absl::OkStatus();
}

GeneralNamePtr MakeName(int kind, const std::string& text) {
  GeneralNamePtr name(GENERAL_NAME_new());
  if (kind == GEN_IPADD) {
    GENERAL_NAME_set0_value(name.get(), kind, a2i_IPADDRESS(text.c_str()));
    return name;
  }
  ASN1_IA5STRING* value = ASN1_IA5STRING_new();
  ASN1_STRING_set(value, text.data(), static_cast<int>(text.size()));
  GENERAL_NAME_set0_value(name.get(), kind, value);
  return name;
}

absl::Status AddAlternativeNames(const CertificateRequest& request, X509& certificate) {
  const GeneralNamesPtr names(GENERAL_NAMES_new());
  for (const std::string& host : request.hosts) {
    if (!IsHost(host)) {
      return absl::InvalidArgumentError(
          absl::StrCat(Quoted(host), " is neither a DNS name nor an IP address"));
    }
    const int kind = IsAddress(host) ? GEN_IPADD : GEN_DNS;
    sk_GENERAL_NAME_push(names.get(), MakeName(kind, host).release());
  }
  for (const std::string& uri : request.uris) {
    sk_GENERAL_NAME_push(names.get(), MakeName(GEN_URI, uri).release());
  }
  if (sk_GENERAL_NAME_num(names.get()) == 0) return absl::OkStatus();
  if (X509_add1_ext_i2d(&certificate, NID_subject_alt_name, names.get(), 0, 0) != 1) {
    return OpenSslError("cannot add the subject's alternative names");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> KeyToPem(EVP_PKEY& key) {
  const BioPtr writer(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_PKCS8PrivateKey(writer.get(), &key, nullptr, nullptr, 0, nullptr, nullptr) !=
      1) {
    return OpenSslError("cannot write the key");
  }
  char* text = nullptr;
  const long size = BIO_get_mem_data(writer.get(), &text);
  return std::string(text, static_cast<size_t>(size));
}

absl::StatusOr<KeyAndCertificate> Sign(const Draft& draft, X509& issuer, EVP_PKEY& signing_key) {
  X509& certificate = *draft.certificate;
  SLUICE_RETURN_IF_ERROR(AddExtension(certificate, issuer, NID_subject_key_identifier, "hash"));
  SLUICE_RETURN_IF_ERROR(
      AddExtension(certificate, issuer, NID_authority_key_identifier, "keyid:always"));
  X509_set_issuer_name(&certificate, X509_get_subject_name(&issuer));
  if (X509_sign(&certificate, &signing_key, EVP_sha256()) == 0) return OpenSslError("cannot sign");
  const BioPtr writer(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_X509(writer.get(), &certificate) != 1) return OpenSslError("cannot write");
  char* text = nullptr;
  const long size = BIO_get_mem_data(writer.get(), &text);
  KeyAndCertificate made;
  SLUICE_ASSIGN_OR_RETURN(made.private_key, KeyToPem(*draft.key));
  made.certificate = std::string(text, static_cast<size_t>(size));
  return made;
}

}  // namespace

absl::StatusOr<KeyAndCertificate> MakeAuthority(const std::string& common_name, Validity validity) {
  SLUICE_ASSIGN_OR_RETURN(const Draft draft, BeginDraft(common_name, validity));
  X509& certificate = *draft.certificate;
  SLUICE_RETURN_IF_ERROR(
      AddExtension(certificate, certificate, NID_basic_constraints, "critical,CA:TRUE,pathlen:0"));
  SLUICE_RETURN_IF_ERROR(
      AddExtension(certificate, certificate, NID_key_usage, "critical,keyCertSign,cRLSign"));
  return Sign(draft, certificate, *draft.key);
}

absl::StatusOr<KeyAndCertificate> IssueCertificate(const KeyAndCertificate& authority,
                                                   const CertificateRequest& request) {
  SLUICE_ASSIGN_OR_RETURN(const std::vector<X509Ptr> issuers,
                          ParseCertificates(authority.certificate));
  SLUICE_ASSIGN_OR_RETURN(const KeyPtr signing_key, ParsePrivateKey(authority.private_key));
  SLUICE_ASSIGN_OR_RETURN(const Draft draft, BeginDraft(request.common_name, request.validity));
  X509& certificate = *draft.certificate;
  X509& issuer = *issuers.front();
  const bool server = request.usage == CertificateRequest::Usage::kServer;
  SLUICE_RETURN_IF_ERROR(
      AddExtension(certificate, issuer, NID_basic_constraints, "critical,CA:FALSE"));
  SLUICE_RETURN_IF_ERROR(
      AddExtension(certificate, issuer, NID_key_usage, "critical,digitalSignature"));
  SLUICE_RETURN_IF_ERROR(
      AddExtension(certificate, issuer, NID_ext_key_usage, server ? "serverAuth" : "clientAuth"));
  SLUICE_RETURN_IF_ERROR(AddAlternativeNames(request, certificate));
  return Sign(draft, issuer, *signing_key);
}

bool IsHost(absl::string_view host) { return IsAddress(host) || IsDnsName(host); }

}  // namespace sluice
