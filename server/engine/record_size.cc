// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/record_size.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/text.h"
#include "base/violations.h"

namespace sluice {
namespace {

// What comes to a target and to a step beside texts: phases, times, counts and their tags. And a
// step of a way back that has one for every few targets.
constexpr size_t kTargetBytes = 64;
constexpr size_t kStepBytes = 48;
constexpr size_t kWaitBytes = 34;
constexpr size_t kBackStepBytes = kStepBytes + 48;
constexpr int kBackBatch = 5;
constexpr size_t kUsualVersionBytes = 16;
// Reasons, message, result.
constexpr size_t kOtherBytes = size_t{32} * 1024;

constexpr size_t kLeastText = size_t{64} * 1024;
constexpr size_t kMostText = size_t{2} * 1024 * 1024;
constexpr size_t kMostLastCheck = 1024;
// Shorter ones say nothing.
constexpr size_t kLeastWords = 16;
constexpr size_t kLeastOutput = 256;
constexpr char kFailed[] = "failed";
constexpr char kMoreErrors[] = "there were more errors than the record has room for";

size_t PlanBytes(const v1::DeploymentState& state) {
  const v1::Plan& plan = state.has_deploy_plan() ? state.deploy_plan() : state.plan();
  size_t ids = 0;
  for (const v1::TargetState& target : state.targets()) ids += target.target().id().size() + 2;
  size_t there = plan.ByteSizeLong();
  for (const v1::Step& step : plan.steps()) there += step.has_wait() ? kWaitBytes : kStepBytes;
  const size_t back =
      ids + kBackStepBytes * static_cast<size_t>(state.targets_size() / kBackBatch + 1);
  return there + std::max(there, back);
}

size_t TargetBytes(const v1::DeploymentState& state) {
  size_t bytes = 0;
  for (const v1::TargetState& it : state.targets()) {
    const size_t version = std::max({state.version().size(), it.target().version().size(),
                                     it.previous_version().size(), kUsualVersionBytes});
    bytes += it.target().id().size() + it.target().address().size() + 2 * version + kTargetBytes;
  }
  return bytes;
}

size_t OtherBytes(const v1::DeploymentState& state) {
  size_t bytes = kOtherBytes + state.strategy_options().ByteSizeLong();
  for (const auto& [key, value] : state.metadata()) bytes += key.size() + value.size() + 8;
  return bytes;
}

size_t BytesWithoutTexts(const v1::DeploymentState& state) {
  return PlanBytes(state) + TargetBytes(state) + OtherBytes(state);
}

size_t TextBytes(const v1::TargetState& target) {
  return target.error().size() + target.output().size();
}

// Left for one target's texts.
size_t RoomLeft(const TextRoom& room, int index, const v1::DeploymentState& state) {
  size_t taken = 0;
  for (int i = 0; i < state.targets_size() && taken < room.outputs; ++i) {
    if (i != index) taken += TextBytes(state.targets(i));
  }
  return room.outputs - std::min(room.outputs, taken);
}

std::string ShortOutput(absl::string_view output, size_t bytes) {
  if (output.size() <= bytes) return std::string(output);
  if (bytes < kLeastOutput) return "";
  // Half for each end, less the line between them.
  HeadAndTail kept((bytes - 64) / 2, (bytes - 64) / 2);
  kept.Append(output);
  return kept.Text();
}

}  // namespace

TextRoom TextRoomOf(const v1::DeploymentState& state) {
  const size_t plain = BytesWithoutTexts(state);
  const size_t text = plain < kMaxRecordBytes ? std::min(kMaxRecordBytes - plain, kMostText) : 0;
  const auto targets = static_cast<size_t>(std::max(state.targets_size(), 1));
  // There, or on the way back.
  const int most_steps = std::max(state.deploy_plan().steps_size(), state.plan().steps_size());
  const auto steps =
      static_cast<size_t>(std::max(most_steps, state.targets_size() / kBackBatch + 1));
  return {.outputs = text / 2,
          .errors = text / 4,
          .last_check = std::min(text / 8 / targets, kMostLastCheck),
          .step_error = std::min(text / 16 / steps, kMaxMessageBytes)};
}

absl::Status CheckRecordSize(const v1::DeploymentState& draft) {
  const size_t bytes = BytesWithoutTexts(draft) + kLeastText;
  if (bytes <= kMaxRecordBytes) return absl::OkStatus();
  return ViolationError(
      draft.targets().empty() ? "strategy" : "targets",
      absl::StrCat("need a record of up to ", bytes, " bytes with this plan, which may have ",
                   kMaxRecordBytes, "; take fewer steps, fewer targets, or shorter addresses"));
}

std::string ShortError(absl::string_view text, size_t bytes) {
  if (text.size() <= bytes) return std::string(text);
  if (bytes < kLeastWords) return kFailed;
  return absl::StrCat(ToValidUtf8(text.substr(0, bytes - 3)), "…");
}

void SetFailureText(const TextRoom& room, absl::string_view error, absl::string_view output,
                    int index, v1::DeploymentState& state) {
  const size_t left = RoomLeft(room, index, state);
  v1::TargetState& target = *state.mutable_targets(index);
  target.set_error(ShortError(error, std::min(left, kMaxErrorBytes)));
  target.set_output(ShortOutput(output, left - std::min(left, target.error().size())));
}

void SetOutput(const TextRoom& room, absl::string_view output, int index,
               v1::DeploymentState& state) {
  v1::TargetState& target = *state.mutable_targets(index);
  const size_t left = RoomLeft(room, index, state);
  target.set_output(ShortOutput(output, left - std::min(left, target.error().size())));
}

void SetLastCheck(const TextRoom& room, absl::string_view words, v1::TargetState& target) {
  if (room.last_check < kLeastWords) return;
  target.set_last_check(words.size() <= room.last_check ? std::string(words)
                                                        : ShortError(words, room.last_check));
}

void AddErrors(const TextRoom& room, const std::vector<std::string>& errors,
               v1::DeploymentState& state) {
  v1::DeploymentResult& result = *state.mutable_result();
  size_t taken = sizeof(kMoreErrors);
  for (const std::string& error : result.errors()) taken += error.size() + 4;
  for (const std::string& error : errors) {
    const bool is_full = result.errors_size() > 0 && result.errors().rbegin()[0] == kMoreErrors;
    taken += error.size() + 4;
    if (is_full) return;
    result.add_errors(taken <= room.errors ? error : kMoreErrors);
  }
}

}  // namespace sluice
