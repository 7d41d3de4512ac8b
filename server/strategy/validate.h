// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Holds a strategy's options against their rules (the field comments of strategy.proto). Used for
// requests and for the configuration, before anything is touched. Pure.

#ifndef SLUICE_STRATEGY_VALIDATE_H_
#define SLUICE_STRATEGY_VALIDATE_H_

#include "absl/strings/string_view.h"
#include "base/violations.h"
#include "sluice/v1/strategy.pb.h"

namespace sluice {

// Adds every violation, below the field path `path`. Options that are absent are fine. A Strategy
// with no kind is a violation.
void ValidateStrategy(const v1::Strategy& strategy, absl::string_view path, Violations& violations);

void ValidateOnFailure(const v1::OnFailure& on_failure, absl::string_view path,
                       Violations& violations);

}  // namespace sluice

#endif  // SLUICE_STRATEGY_VALIDATE_H_
