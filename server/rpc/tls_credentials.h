// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// TLS for gRPC, at least 1.2, with the certificate of the moment: each new connection is shaken
// hands with what CertificateFiles holds then. gRPC's own file watcher is not used, because it
// fails every handshake while the files do not fit together.

#ifndef SLUICE_RPC_TLS_CREDENTIALS_H_
#define SLUICE_RPC_TLS_CREDENTIALS_H_

#include <memory>

#include "auth/certificate_files.h"
#include "grpcpp/security/server_credentials.h"

namespace sluice {

enum class ClientCertificate { kNotAsked, kOptional, kRequired };

// `files` outlives the server. A client's certificate, if there is one, must be of its authorities.
std::shared_ptr<grpc::ServerCredentials> MakeTlsCredentials(const CertificateFiles& files,
                                                            ClientCertificate client_certificate);

}  // namespace sluice

#endif  // SLUICE_RPC_TLS_CREDENTIALS_H_
