// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// What the configuration says, in the words of the engine and of the server. Used by the daemon;
// pure, but for a word to the log.

#ifndef SLUICE_APP_SERVER_OPTIONS_H_
#define SLUICE_APP_SERVER_OPTIONS_H_

#include "absl/status/statusor.h"
#include "engine/deployment_manager.h"
#include "rpc/server.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice {

// Calls to targets as far as the process may open descriptors for them.
EngineLimits EngineLimitsOf(const config::v1::Limits& limits);

// Warns when those are fewer than configured.
void WarnOfFewDescriptors(const config::v1::Limits& limits);

// Without inherited sockets. INVALID_ARGUMENT when listen.tcp is no address.
absl::StatusOr<ServerOptions> ServerOptionsOf(const config::v1::Config& config);

// Warns when what is sent to listen.tcp can be read, or anybody may send there.
void WarnOfOpenAddress(const config::v1::Config& config);

}  // namespace sluice

#endif  // SLUICE_APP_SERVER_OPTIONS_H_
