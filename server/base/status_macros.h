// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Early return for absl::Status and absl::StatusOr, in the shape of Abseil's own later macros
// (Debian's Abseil has none). Used everywhere; no state.

#ifndef SLUICE_BASE_STATUS_MACROS_H_
#define SLUICE_BASE_STATUS_MACROS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#define SLUICE_CONCAT_INNER(a, b) a##b
#define SLUICE_CONCAT(a, b) SLUICE_CONCAT_INNER(a, b)

// Returns the status of `expr` from the enclosing function unless it is OK.
#define SLUICE_RETURN_IF_ERROR(expr) \
  SLUICE_RETURN_IF_ERROR_INNER(SLUICE_CONCAT(sluice_status, __LINE__), expr)
#define SLUICE_RETURN_IF_ERROR_INNER(var, expr)           \
  do {                                                    \
    if (absl::Status var = (expr); !var.ok()) return var; \
  } while (false)

// Assigns the value of the StatusOr `expr` to `lhs`, or returns its status.
#define SLUICE_ASSIGN_OR_RETURN(lhs, expr) \
  SLUICE_ASSIGN_OR_RETURN_INNER(SLUICE_CONCAT(sluice_status_or, __LINE__), lhs, expr)
#define SLUICE_ASSIGN_OR_RETURN_INNER(var, lhs, expr) \
  auto var = (expr);                                  \
  if (!var.ok()) return std::move(var).status();      \
  lhs = *std::move(var)

#endif  // SLUICE_BASE_STATUS_MACROS_H_
