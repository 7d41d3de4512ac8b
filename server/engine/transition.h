// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// What may follow what: the one table of status transitions, and which verb is legal when. Pure.

#ifndef SLUICE_ENGINE_TRANSITION_H_
#define SLUICE_ENGINE_TRANSITION_H_

#include <string>

#include "absl/status/status.h"
#include "sluice/v1/deployment.pb.h"

namespace sluice {

enum class Verb { kPause, kResume, kPromote, kAbort, kRollback };

// "pause", "roll back".
std::string VerbName(Verb verb);

// FAILED_PRECONDITION naming both statuses unless a record may go from `from` to `to`. Staying in a
// status is always legal.
absl::Status CheckTransition(v1::Status from, v1::Status to);

// FAILED_PRECONDITION naming the status, and what to do instead, unless `verb` is legal for
// `state`.
absl::Status CheckVerb(Verb verb, const v1::DeploymentState& state);

}  // namespace sluice

#endif  // SLUICE_ENGINE_TRANSITION_H_
