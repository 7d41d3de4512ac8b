// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "rpc/connection_principal.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/strip.h"
#include "grpc/grpc_security_constants.h"
#include "grpcpp/security/auth_context.h"
#include "rpc/socket_address.h"

namespace sluice {
namespace {

// As gRPC calls a connection that was given to it as a descriptor.
constexpr char kDescriptor[] = "fd:";

std::vector<std::string> Values(const grpc::AuthContext& context, const char* property) {
  std::vector<std::string> values;
  for (const grpc::string_ref& value : context.FindPropertyValues(property)) {
    values.emplace_back(value.data(), value.size());
  }
  return values;
}

std::variant<AnonymousIdentity, UnixIdentity, TokenIdentity, CertificateIdentity> IdentityOf(
    const grpc::AuthContext* context) {
  if (context == nullptr || !context->IsPeerAuthenticated()) return AnonymousIdentity();
  const std::vector<std::string> kind =
      Values(*context, GRPC_TRANSPORT_SECURITY_TYPE_PROPERTY_NAME);
  if (kind != std::vector<std::string>{GRPC_SSL_TRANSPORT_SECURITY_TYPE}) {
    return AnonymousIdentity();
  }
  const std::vector<std::string> names = Values(*context, GRPC_X509_CN_PROPERTY_NAME);
  return CertificateIdentity{.uris = Values(*context, GRPC_PEER_URI_PROPERTY_NAME),
                             .dns_names = Values(*context, GRPC_PEER_DNS_PROPERTY_NAME),
                             .common_name = names.empty() ? "" : names.front()};
}

}  // namespace

Principal ConnectionPrincipal(const grpc::CallbackServerContext& context,
                              const ConnectionTable& connections) {
  const std::string peer = context.peer();
  absl::string_view number = peer;
  if (!absl::ConsumePrefix(&number, kDescriptor)) {
    return {IdentityOf(context.auth_context().get()), PeerAddress(peer)};
  }
  int fd = -1;
  const auto known = absl::SimpleAtoi(number, &fd) ? connections.Find(fd) : std::nullopt;
  return known.value_or(Principal{AnonymousIdentity(), peer});
}

}  // namespace sluice
