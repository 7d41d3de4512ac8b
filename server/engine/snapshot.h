// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// A record as it was at one revision: immutable, shared by all who read it, and encoded at most
// once, so that a thousand watchers cost one encoding.

#ifndef SLUICE_ENGINE_SNAPSHOT_H_
#define SLUICE_ENGINE_SNAPSHOT_H_

#include <atomic>
#include <memory>
#include <string>
#include <utility>

#include "base/mutex.h"
#include "sluice/v1/deployment.pb.h"

namespace sluice {

// Thread-safe.
class Snapshot {
 public:
  explicit Snapshot(v1::DeploymentState state) : state_(std::move(state)) {}

  const v1::DeploymentState& state() const { return state_; }

  // The state in protobuf's wire format.
  const std::string& Wire() const {
    if (!is_encoded_.load(std::memory_order_acquire)) Encode();
    return wire_;
  }

 private:
  // Not std::call_once, which wakes waiters by a system call even when there are none.
  void Encode() const {
    MutexLock lock(mutex_);
    if (is_encoded_) return;
    wire_ = state_.SerializeAsString();
    is_encoded_.store(true, std::memory_order_release);
  }

  const v1::DeploymentState state_;
  mutable Mutex mutex_;
  mutable std::atomic<bool> is_encoded_{false};
  mutable std::string wire_;  // written once, under mutex_, before is_encoded_
};

using SnapshotPtr = std::shared_ptr<const Snapshot>;

}  // namespace sluice

#endif  // SLUICE_ENGINE_SNAPSHOT_H_
