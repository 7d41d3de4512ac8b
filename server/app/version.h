// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The version of this build.

#ifndef SLUICE_APP_VERSION_H_
#define SLUICE_APP_VERSION_H_

namespace sluice {

inline constexpr char kVersion[] = SLUICE_VERSION;

}  // namespace sluice

#endif  // SLUICE_APP_VERSION_H_
