// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Who is at the other end of the connection that a call came in on: the user of a Unix socket, the
// certificate of a TLS handshake, or nobody known. Used by the gate.

#ifndef SLUICE_RPC_CONNECTION_PRINCIPAL_H_
#define SLUICE_RPC_CONNECTION_PRINCIPAL_H_

#include "auth/principal.h"
#include "grpcpp/server_context.h"
#include "rpc/connection_table.h"

namespace sluice {

// To be asked while the call runs: see ConnectionTable::Find.
Principal ConnectionPrincipal(const grpc::CallbackServerContext& context,
                              const ConnectionTable& connections);

}  // namespace sluice

#endif  // SLUICE_RPC_CONNECTION_PRINCIPAL_H_
