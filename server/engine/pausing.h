// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The time between a pause and the end of the calls that had begun before it, as the record tells
// it. Set by the verb, ended by the deployment's worker at its next safe point.

#ifndef SLUICE_ENGINE_PAUSING_H_
#define SLUICE_ENGINE_PAUSING_H_

#include "engine/record.h"
#include "sluice/v1/deployment.pb.h"

namespace sluice {

// Whether a target or the router is being called, or a target's health is being checked.
bool HasRunningCalls(const v1::DeploymentState& state);

// A pause may come between a call's last look at it and this.
void NoteCallBegins(v1::DeploymentState& state);

// Makes no change where there is nothing to end.
void EndPausing(Record& record);

}  // namespace sluice

#endif  // SLUICE_ENGINE_PAUSING_H_
