// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The engine's fake of every port, as a driver for the contract suites: what the engine's tests
// rely on must be what the drivers do.

#ifndef SLUICE_TESTS_CONTRACT_FAKE_DRIVER_H_
#define SLUICE_TESTS_CONTRACT_FAKE_DRIVER_H_

#include <memory>
#include <string>

#include "base/clock.h"
#include "contract/port_contract.h"
#include "support/fake_world.h"

namespace sluice {

inline CallScript ScriptOf(Behaviour behaviour) {
  const std::string flood(kFloodBytes, '\xFF');
  switch (behaviour) {
    case Behaviour::kSucceed:
      return {.output = kAnswer};
    case Behaviour::kFail:
      return {.status = absl::UnknownError(kComplaint), .output = kComplaint};
    case Behaviour::kHang:
      return {.hangs = true};
    case Behaviour::kFloodAndFail:
      return {.status = absl::UnknownError(flood), .output = flood};
  }
  return {};
}

// Behaves so in every call and in real time; 1.0.0 runs on the target of CallTo.
inline std::shared_ptr<FakeWorld> FakeDriver(Behaviour behaviour, absl::Duration timeout) {
  struct RealTimeWorld {
    explicit RealTimeWorld(absl::Duration timeout) : world(clock, timeout) {}
    RealClock clock;
    FakeWorld world;
  };
  const auto owner = std::make_shared<RealTimeWorld>(timeout);
  for (const CallKind kind : {CallKind::kDeploy, CallKind::kHealth, CallKind::kSetTraffic,
                              CallKind::kSwitch, CallKind::kSetFlag}) {
    owner->world.Script(kind, "", "", ScriptOf(behaviour));
  }
  owner->world.SetVersion(CallTo("").target_id, "1.0.0");
  return {owner, &owner->world};
}

}  // namespace sluice

#endif  // SLUICE_TESTS_CONTRACT_FAKE_DRIVER_H_
