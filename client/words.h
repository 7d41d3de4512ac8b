// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The words and icons for the states of the API, common to every view. Pure; any thread.

#ifndef SLUICE_CLIENT_WORDS_H_
#define SLUICE_CLIENT_WORDS_H_

#include <string>

#include "absl/status/statusor.h"
#include "client/line.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/generated_enum_reflection.h"
#include "sluice/v1/deployment.pb.h"

namespace sluice::client {

// The value in the specification's spelling: STATUS_IN_PROGRESS → "in_progress". An unknown number
// (a newer daemon) is printed as a number.
std::string EnumWord(const google::protobuf::EnumDescriptor& type, int value);

template <typename Enum>
std::string Word(Enum value) {
  return EnumWord(*google::protobuf::GetEnumDescriptor<Enum>(), value);
}

// "checking health"
std::string Spoken(std::string word);

// The status with that word, or INVALID_ARGUMENT that lists all of them.
absl::StatusOr<v1::Status> ParseStatus(const std::string& word);

bool IsTerminal(v1::Status status);

// "✔ completed" in its colour.
Line StatusLabel(v1::Status status);
// "mixed" in its colour.
Line FleetLabel(v1::FleetConsistency consistency);
Span TargetIcon(const v1::TargetState& target);
// Of a step that was gone on past although something in it failed, the sign of a failure: nobody
// judges it later.
Span StepIcon(const v1::Step& step);
// "done"; "failed, gone on" of such a one.
std::string StepWord(const v1::Step& step);

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_WORDS_H_
