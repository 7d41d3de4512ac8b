// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Between absl's time and protobuf's.

#ifndef SLUICE_BASE_TIMESTAMP_H_
#define SLUICE_BASE_TIMESTAMP_H_

#include "absl/time/time.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"

namespace sluice {

google::protobuf::Timestamp ToTimestamp(absl::Time time);
absl::Time FromTimestamp(const google::protobuf::Timestamp& timestamp);

// `duration` must be finite.
google::protobuf::Duration ToProtoDuration(absl::Duration duration);
absl::Duration FromProtoDuration(const google::protobuf::Duration& duration);

}  // namespace sluice

#endif  // SLUICE_BASE_TIMESTAMP_H_
