// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Durations as people write them: "500ms", "90s", "5m", "1h30m". Used by the configuration and the
// CLI's flags; absl::FormatDuration() writes them. No state.

#ifndef SLUICE_BASE_DURATION_TEXT_H_
#define SLUICE_BASE_DURATION_TEXT_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace sluice {

// Numbers with the units h, m, s, ms, us or ns, one after the other; "0" needs no unit.
// INVALID_ARGUMENT when `text` is anything else, negative, or longer than 10,000 years.
absl::StatusOr<absl::Duration> ParseDuration(absl::string_view text);

}  // namespace sluice

#endif  // SLUICE_BASE_DURATION_TEXT_H_
