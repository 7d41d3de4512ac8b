// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Times as people read them. Pure; any thread.

#ifndef SLUICE_CLIENT_DURATIONS_H_
#define SLUICE_CLIENT_DURATIONS_H_

#include <string>

#include "absl/time/time.h"

namespace sluice::client {

// "350ms", "8s", "2m 10s", "3h 5m", "4d 2h": the two largest units.
std::string ShortDuration(absl::Duration duration);

// "2026-01-31T10:00:00Z"
std::string UtcSeconds(absl::Time time);

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_DURATIONS_H_
