// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Times as people write and read them. Pure; any thread.

#ifndef SLUICE_CLIENT_DURATIONS_H_
#define SLUICE_CLIENT_DURATIONS_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace sluice::client {

// As ParseDuration(), but a bare number is seconds.
absl::StatusOr<absl::Duration> ParseFlagDuration(absl::string_view text);

// "350ms", "8s", "2m 10s", "3h 5m", "4d 2h": the two largest units.
std::string ShortDuration(absl::Duration duration);

// "2026-01-31T10:00:00Z"
std::string UtcSeconds(absl::Time time);

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_DURATIONS_H_
