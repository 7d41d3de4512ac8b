// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// How large a record may get. Every client has to be able to receive it, and gRPC's clients take
// messages of up to 4 MiB unless they are told otherwise. So a deployment whose plan and targets
// need more is refused, and what targets and routers say is cut to the room that is left. Used by
// the manager, which accepts, and by runner and steps, which record. Pure.

#ifndef SLUICE_ENGINE_RECORD_SIZE_H_
#define SLUICE_ENGINE_RECORD_SIZE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "sluice/v1/deployment.pb.h"

namespace sluice {

// 4 MiB with what is around a record in a message.
inline constexpr size_t kMaxRecordBytes = 4 * 1024 * 1024 - 4096;
// Of one failure, wherever it is told.
inline constexpr size_t kMaxErrorBytes = 1024;
inline constexpr size_t kMaxMessageBytes = 4096;

// The bytes that a record has for what others say.
struct TextRoom {
  size_t outputs = SIZE_MAX;     // errors and outputs of all targets together
  size_t errors = SIZE_MAX;      // all of result.errors
  size_t last_check = SIZE_MAX;  // each target's
  size_t step_error = SIZE_MAX;  // each step's
};

// What the record of this deployment leaves for texts, however it goes.
TextRoom TextRoomOf(const v1::DeploymentState& state);

// INVALID_ARGUMENT when the record could get too large: there are too many targets for this plan.
absl::Status CheckRecordSize(const v1::DeploymentState& draft);

// `text`, or when it is longer than `bytes` its beginning, marked; "failed" when that says nothing.
std::string ShortError(absl::string_view text, size_t bytes);

// Sets what the last failing call to a target said. The first ones that fail are kept whole, the
// later ones as there is room left.
void SetFailureText(const TextRoom& room, absl::string_view error, absl::string_view output,
                    int index, v1::DeploymentState& state);
void SetOutput(const TextRoom& room, absl::string_view output, int index,
               v1::DeploymentState& state);
void SetLastCheck(const TextRoom& room, absl::string_view words, v1::TargetState& target);
// Adds to result.errors; the last one that is kept says that there were more.
void AddErrors(const TextRoom& room, const std::vector<std::string>& errors,
               v1::DeploymentState& state);

}  // namespace sluice

#endif  // SLUICE_ENGINE_RECORD_SIZE_H_
