// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "rpc/tls_credentials.h"

#include <atomic>
#include <string>

#include "grpc/grpc.h"
#include "grpc/grpc_security.h"

namespace sluice {
namespace {

grpc_ssl_client_certificate_request_type RequestType(ClientCertificate client_certificate) {
  switch (client_certificate) {
    case ClientCertificate::kRequired:
      return GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY;
    case ClientCertificate::kOptional:
      return GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY;
    case ClientCertificate::kNotAsked:
      break;
  }
  return GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE;
}

grpc_ssl_server_certificate_config* ConfigOf(const ServerCertificate& certificate) {
  const grpc_ssl_pem_key_cert_pair pair = {certificate.private_key.c_str(),
                                           certificate.chain.c_str()};
  // gRPC wants some also when it asks for no certificate, and aborts without.
  const std::string& authorities =
      certificate.client_ca.empty() ? certificate.chain : certificate.client_ca;
  return grpc_ssl_server_certificate_config_create(authorities.c_str(), &pair, 1);
}

// gRPC's C++ API makes credentials of fixed certificates only; its core asks again.
class TlsCredentials final : public grpc::ServerCredentials {
 public:
  TlsCredentials(const CertificateFiles& files, ClientCertificate client_certificate)
      : files_(files),
        credentials_(grpc_ssl_server_credentials_create_with_options(
            grpc_ssl_server_credentials_create_options_using_config_fetcher(
                RequestType(client_certificate), &TlsCredentials::Fetch, this))) {}
  ~TlsCredentials() override { grpc_server_credentials_release(credentials_); }

  void SetAuthMetadataProcessor(const std::shared_ptr<grpc::AuthMetadataProcessor>&) override {}

 private:
  // At the start and before each handshake; on gRPC's threads, one at a time.
  static grpc_ssl_certificate_config_reload_status Fetch(
      void* self, grpc_ssl_server_certificate_config** config) {
    auto& credentials = *static_cast<TlsCredentials*>(self);
    const std::shared_ptr<const ServerCertificate> current = credentials.files_.Current();
    if (credentials.generation_.exchange(current->generation) == current->generation) {
      return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
    }
    *config = ConfigOf(*current);
    return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW;
  }

  int AddPortToServer(const std::string& address, grpc_server* server) override {
    return grpc_server_add_http2_port(server, address.c_str(), credentials_);
  }

  const CertificateFiles& files_;
  std::atomic<int64_t> generation_{0};  // of what gRPC has
  grpc_server_credentials* const credentials_;
};

}  // namespace

std::shared_ptr<grpc::ServerCredentials> MakeTlsCredentials(const CertificateFiles& files,
                                                            ClientCertificate client_certificate) {
  return std::make_shared<TlsCredentials>(files, client_certificate);
}

}  // namespace sluice
