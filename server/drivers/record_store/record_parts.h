// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// An encoded record, taken apart: most of a large one are its targets and its plan's steps, of
// which a change touches a few. The store writes only the parts that differ. Pure.

#ifndef SLUICE_DRIVERS_RECORD_STORE_RECORD_PARTS_H_
#define SLUICE_DRIVERS_RECORD_STORE_RECORD_PARTS_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace sluice {

// Each is an encoding of a DeploymentState that has some of the fields; one behind the other they
// are an encoding of the whole.
struct RecordParts {
  // The record with the first of its targets and steps: for most records that is all.
  std::string head;
  // The others, so many a part, in their order. A part's place stays the same as long as the record
  // gets no more targets or steps.
  std::vector<std::string> parts;
};

// `encoded` is a valid encoding of a DeploymentState.
RecordParts SplitRecord(absl::string_view encoded);

}  // namespace sluice

#endif  // SLUICE_DRIVERS_RECORD_STORE_RECORD_PARTS_H_
