// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "client/credentials.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/crypto/certificate.h"
#include "base/status_macros.h"
#include "base/violations.h"

namespace sluice::client {
namespace {

constexpr char kPemBegin[] = "-----BEGIN ";

// A setting, and where it comes from.
struct Setting {
  std::string value;
  std::string source;  // "--ca", "SLUICE_CA"
};

Setting Choose(const std::string& given, const char* flag, const char* variable,
               const Environment& environment) {
  if (!given.empty()) return {given, flag};
  const char* const value = environment(variable);
  return {value == nullptr ? "" : value, variable};
}

absl::Status Wrong(const std::string& source, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(source, ": ", what));
}

absl::StatusOr<std::string> ReadFile(const Setting& file) {
  if (file.value.empty()) return "";
  std::ifstream stream(file.value, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
  if (stream.is_open() && !stream.bad()) return text;
  return Wrong(file.source,
               absl::StrCat(Quoted(file.value), " cannot be read: ", std::strerror(errno)));
}

absl::StatusOr<std::string> ReadPem(const Setting& file) {
  SLUICE_ASSIGN_OR_RETURN(const std::string text, ReadFile(file));
  if (file.value.empty() || absl::StrContains(text, kPemBegin)) return text;
  return Wrong(file.source, absl::StrCat(Quoted(file.value), " is no PEM file"));
}

// The text is not quoted: it is a secret.
absl::StatusOr<std::string> CheckedToken(const std::string& source, absl::string_view text) {
  const absl::string_view token = absl::StripAsciiWhitespace(text);
  if (!token.empty() && std::all_of(token.begin(), token.end(), absl::ascii_isgraph)) {
    return std::string(token);
  }
  return Wrong(source, "must hold one token, and nothing else");
}

absl::StatusOr<std::string> ReadToken(const std::string& file, const Environment& environment) {
  if (!file.empty()) {
    SLUICE_ASSIGN_OR_RETURN(const std::string text, ReadFile({file, "--token-file"}));
    return CheckedToken("--token-file", text);
  }
  const char* const token = environment("SLUICE_TOKEN");
  if (token == nullptr || *token == '\0') return "";
  return CheckedToken("SLUICE_TOKEN", token);
}

bool StaysHere(const std::string& address) {
  return absl::StartsWith(address, "unix:") || absl::StartsWith(address, "localhost:") ||
         absl::StartsWith(address, "127.") || absl::StartsWith(address, "[::1]:");
}

absl::Status CheckFitTogether(const Setting& ca, const Setting& certificate, const Setting& key) {
  if (!certificate.value.empty() && key.value.empty()) {
    return Wrong(certificate.source, "needs its key too: --key or SLUICE_KEY");
  }
  if (!key.value.empty() && certificate.value.empty()) {
    return Wrong(key.source, "needs its certificate too: --cert or SLUICE_CERT");
  }
  if (!certificate.value.empty() && ca.value.empty()) {
    return Wrong(certificate.source,
                 "needs the authority of the daemon's certificate too: --ca or SLUICE_CA");
  }
  return absl::OkStatus();
}

absl::Status ReadTls(const CredentialFiles& files, const Environment& environment,
                     Credentials& credentials) {
  const Setting ca = Choose(files.ca, "--ca", "SLUICE_CA", environment);
  const Setting certificate = Choose(files.certificate, "--cert", "SLUICE_CERT", environment);
  const Setting key = Choose(files.key, "--key", "SLUICE_KEY", environment);
  SLUICE_RETURN_IF_ERROR(CheckFitTogether(ca, certificate, key));
  SLUICE_ASSIGN_OR_RETURN(credentials.authorities, ReadPem(ca));
  SLUICE_ASSIGN_OR_RETURN(credentials.certificate, ReadPem(certificate));
  SLUICE_ASSIGN_OR_RETURN(credentials.key, ReadPem(key));
  if (!credentials.tls() || credentials.key.empty()) return absl::OkStatus();
  const absl::Status fits = CheckPrivateKey(credentials.key, credentials.certificate);
  return fits.ok() ? fits : Wrong(key.source, std::string(fits.message()));
}

}  // namespace

std::shared_ptr<grpc::ChannelCredentials> Credentials::ForChannel() const {
  if (!tls()) return grpc::InsecureChannelCredentials();
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = authorities;
  options.pem_cert_chain = certificate;
  options.pem_private_key = key;
  return grpc::SslCredentials(options);
}

absl::StatusOr<Credentials> ReadCredentials(const CredentialFiles& files,
                                            const std::string& address,
                                            const Environment& environment) {
  Credentials credentials;
  if (!absl::StartsWith(address, "unix:")) {
    SLUICE_RETURN_IF_ERROR(ReadTls(files, environment, credentials));
  }
  SLUICE_ASSIGN_OR_RETURN(credentials.token, ReadToken(files.token, environment));
  if (credentials.token.empty() || credentials.tls() || StaysHere(address)) return credentials;
  return Wrong(files.token.empty() ? "SLUICE_TOKEN" : "--token-file",
               absl::StrCat("others could read the token on its way to ", address,
                            "; name the authority of the daemon's certificate with --ca"));
}

}  // namespace sluice::client
