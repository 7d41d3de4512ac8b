// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Holds a configuration against its rules (the field comments of config.proto). Used by config and
// its tests. Pure.

#ifndef SLUICE_APP_VALIDATE_CONFIG_H_
#define SLUICE_APP_VALIDATE_CONFIG_H_

#include "base/violations.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice {

// Adds every violation by field path. Expects the defaults to be filled in.
void ValidateConfig(const config::v1::Config& config, Violations& violations);

}  // namespace sluice

#endif  // SLUICE_APP_VALIDATE_CONFIG_H_
