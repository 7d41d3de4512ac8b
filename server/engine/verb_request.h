// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// What the requests of the verbs may say, and how their words are kept. Used by the manager and the
// orchestrator; pure.

#ifndef SLUICE_ENGINE_VERB_REQUEST_H_
#define SLUICE_ENGINE_VERB_REQUEST_H_

#include <string>

#include "absl/status/status.h"
#include "engine/control.h"
#include "sluice/v1/deployment_service.pb.h"

namespace sluice {

// INVALID_ARGUMENT with every violation by field path.
absl::Status ValidateRollback(const v1::RollbackRequest& request);
// Whether a running deployment can do what a valid request asks for. FAILED_PRECONDITION names the
// status.
absl::Status CheckRollback(const v1::RollbackRequest& request, const v1::DeploymentState& state,
                           Interrupt interrupt);

// The fields that pause, resume, promote and abort have in common.
absl::Status ValidateVerb(const std::string& deployment_id, const std::string& reason);

// `what`, and behind it the words of who asked for it last.
std::string WithControlReason(const std::string& what, const v1::DeploymentState& state);

}  // namespace sluice

#endif  // SLUICE_ENGINE_VERB_REQUEST_H_
