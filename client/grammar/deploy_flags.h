// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The arguments and flags of a deployment, which deploy and plan take. Used by the grammar; one
// thread.

#ifndef SLUICE_CLIENT_GRAMMAR_DEPLOY_FLAGS_H_
#define SLUICE_CLIENT_GRAMMAR_DEPLOY_FLAGS_H_

#include "CLI/CLI.hpp"
#include "client/options.h"

namespace sluice::client {

// Parsing `verb` fills `options`, which outlives it.
void AddDeploymentFlags(CLI::App& verb, DeployOptions& options);

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_GRAMMAR_DEPLOY_FLAGS_H_
