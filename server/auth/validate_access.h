// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Holds the configuration's `access` and `listen.tls` against their rules (the field comments of
// access.proto). Used by the configuration's validation. Pure: does not ask whether users and files
// exist.

#ifndef SLUICE_AUTH_VALIDATE_ACCESS_H_
#define SLUICE_AUTH_VALIDATE_ACCESS_H_

#include "base/violations.h"
#include "sluice/config/v1/access.pb.h"

namespace sluice {

// Adds every violation, below the field path "access".
void ValidateAccess(const config::v1::Access& access, Violations& violations);

// Below "listen.tls".
void ValidateTls(const config::v1::Tls& tls, Violations& violations);

}  // namespace sluice

#endif  // SLUICE_AUTH_VALIDATE_ACCESS_H_
