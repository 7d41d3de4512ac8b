// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// A record that is changed in place as long as nobody else has it: who is given its present state
// shares it, and the next change makes a copy. So a record lies in memory once, however many read
// it, and a thousand changes that nobody looks at copy nothing.

#ifndef SLUICE_ENGINE_SHARED_STATE_H_
#define SLUICE_ENGINE_SHARED_STATE_H_

#include <memory>
#include <utility>

#include "engine/snapshot.h"
#include "sluice/v1/deployment.pb.h"

namespace sluice {

// Not thread-safe; the snapshots that it gives are.
class SharedState {
 public:
  explicit SharedState(v1::DeploymentState state)
      : own_(std::make_unique<v1::DeploymentState>(std::move(state))) {}

  // Valid until Mutable or Share is called.
  const v1::DeploymentState& operator*() const {
    return own_ != nullptr ? *own_ : shared_->state();
  }
  const v1::DeploymentState* operator->() const { return &**this; }

  v1::DeploymentState& Mutable() {
    if (own_ == nullptr) {
      own_ = std::make_unique<v1::DeploymentState>(shared_->state());
      shared_ = nullptr;
    }
    return *own_;
  }

  // The present state, the same snapshot until it is changed.
  SnapshotPtr Share() const {
    if (shared_ == nullptr) {
      shared_ = std::make_shared<Snapshot>(std::move(*own_));
      own_ = nullptr;
    }
    return shared_;
  }

 private:
  // One of them is set.
  mutable std::unique_ptr<v1::DeploymentState> own_;
  mutable SnapshotPtr shared_;
};

}  // namespace sluice

#endif  // SLUICE_ENGINE_SHARED_STATE_H_
