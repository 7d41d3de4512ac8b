// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// One record of the registry, as the orchestrator and the runners see it, which hold no lock when
// they use it: tests switch threads here. Thread-safe.

#ifndef SLUICE_ENGINE_REGISTRY_RECORD_H_
#define SLUICE_ENGINE_REGISTRY_RECORD_H_

#include <string>
#include <utility>

#include "base/clock.h"
#include "engine/record.h"
#include "engine/registry.h"

namespace sluice {

class RegistryRecord final : public Record {
 public:
  RegistryRecord(Clock& clock, Registry& registry, std::string id)
      : clock_(clock), registry_(registry), id_(std::move(id)) {}

  absl::Status Update(absl::FunctionRef<absl::Status(v1::DeploymentState&)> change) override {
    clock_.Yield();
    const absl::Status status = registry_.Update(id_, change);
    clock_.Yield();
    return status;
  }
  void Read(absl::FunctionRef<void(const v1::DeploymentState&)> read) const override {
    registry_.Read(id_, read).IgnoreError();
    clock_.Yield();
  }
  absl::Status AwaitDurable() override { return registry_.AwaitDurable(); }

 private:
  Clock& clock_;
  Registry& registry_;
  const std::string id_;
};

}  // namespace sluice

#endif  // SLUICE_ENGINE_REGISTRY_RECORD_H_
