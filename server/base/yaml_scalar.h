// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// One YAML scalar into one field of a message, by the field's type. Used by yaml_message. No state.

#ifndef SLUICE_BASE_YAML_SCALAR_H_
#define SLUICE_BASE_YAML_SCALAR_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "base/yaml_tree.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace sluice {

// Sets the field, or adds to it when it is repeated. `node` is a scalar, and the field no message
// but google.protobuf.Duration. The error says what the field takes and what was given.
absl::Status SetScalar(const YamlNode& node, const google::protobuf::FieldDescriptor& field,
                       google::protobuf::Message& message);

// True for what SetScalar() takes.
bool IsScalarField(const google::protobuf::FieldDescriptor& field);

// "; did you mean name?" with the word of `known` that is nearest to `given`; empty when none is
// near.
std::string DidYouMean(absl::string_view given, const std::vector<std::string>& known);

}  // namespace sluice

#endif  // SLUICE_BASE_YAML_SCALAR_H_
