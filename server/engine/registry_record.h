// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// One record of the registry, as the orchestrator and the runners see it. Thread-safe.

#ifndef SLUICE_ENGINE_REGISTRY_RECORD_H_
#define SLUICE_ENGINE_REGISTRY_RECORD_H_

#include <string>
#include <utility>

#include "engine/record.h"
#include "engine/registry.h"

namespace sluice {

class RegistryRecord final : public Record {
 public:
  RegistryRecord(Registry& registry, std::string id) : registry_(registry), id_(std::move(id)) {}

  absl::Status Update(absl::FunctionRef<absl::Status(v1::DeploymentState&)> change) override {
    return registry_.Update(id_, change);
  }
  void Read(absl::FunctionRef<void(const v1::DeploymentState&)> read) const override {
    registry_.Read(id_, read).IgnoreError();
  }
  absl::Status AwaitDurable() override { return registry_.AwaitDurable(); }

 private:
  Registry& registry_;
  const std::string id_;
};

}  // namespace sluice

#endif  // SLUICE_ENGINE_REGISTRY_RECORD_H_
