// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Checks of configured values that several drivers share. Each adds at most one violation. Pure.

#ifndef SLUICE_DRIVERS_SHARED_CONFIG_CHECKS_H_
#define SLUICE_DRIVERS_SHARED_CONFIG_CHECKS_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/violations.h"
#include "google/protobuf/duration.pb.h"

namespace sluice {

inline constexpr absl::Duration kDefaultDeployTimeout = absl::Minutes(5);
// How long a question for the running version may take, whatever the deployer's timeout.
inline constexpr absl::Duration kVersionTimeout = absl::Seconds(30);

void CheckPositive(absl::string_view field, const google::protobuf::Duration& duration,
                   Violations& violations);
void CheckNotNegative(absl::string_view field, const google::protobuf::Duration& duration,
                      Violations& violations);

// What a target says it runs, without surrounding blanks; empty when it says nothing. UNKNOWN when
// it cannot be a version.
absl::StatusOr<std::string> ParseVersion(absl::string_view text);

}  // namespace sluice

#endif  // SLUICE_DRIVERS_SHARED_CONFIG_CHECKS_H_
