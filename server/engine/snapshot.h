// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// A record as it was at one revision: immutable, shared by all who read it, and encoded at most
// once, so that a thousand watchers cost one encoding.

#ifndef SLUICE_ENGINE_SNAPSHOT_H_
#define SLUICE_ENGINE_SNAPSHOT_H_

#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "sluice/v1/deployment.pb.h"

namespace sluice {

// Thread-safe.
class Snapshot {
 public:
  explicit Snapshot(v1::DeploymentState state) : state_(std::move(state)) {}

  const v1::DeploymentState& state() const { return state_; }

  // The state in protobuf's wire format.
  const std::string& Wire() const {
    std::call_once(encoded_, [this] { wire_ = state_.SerializeAsString(); });
    return wire_;
  }

 private:
  const v1::DeploymentState state_;
  mutable std::once_flag encoded_;
  mutable std::string wire_;
};

using SnapshotPtr = std::shared_ptr<const Snapshot>;

}  // namespace sluice

#endif  // SLUICE_ENGINE_SNAPSHOT_H_
