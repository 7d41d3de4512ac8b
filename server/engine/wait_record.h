// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The present wait as the record has it, so that a daemon that starts anew knows what is left of
// it. Used by the verbs and by the runner, each inside a change of the record. Pure.

#ifndef SLUICE_ENGINE_WAIT_RECORD_H_
#define SLUICE_ENGINE_WAIT_RECORD_H_

#include "absl/time/time.h"
#include "sluice/v1/deployment.pb.h"

namespace sluice {

// A pause: what is left is kept, however long it takes. Without a wait each of these does nothing.
void FreezeWait(v1::DeploymentState& state, absl::Time now);
// The end of a pause: the wait goes on with what was left.
void ThawWait(v1::DeploymentState& state, absl::Time now);
// A promote: nothing is left.
void EndWait(v1::DeploymentState& state, absl::Time now);

// What is left of the wait of a step that began before; all of it for one that begins. The time
// that the daemon was down counts, and a clock that was set back makes no wait longer than planned.
absl::Duration WaitLeft(const v1::Step& step, absl::Time now);

}  // namespace sluice

#endif  // SLUICE_ENGINE_WAIT_RECORD_H_
