// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// A registry on the fake clock, its records made and moved by name.

#ifndef SLUICE_TESTS_ENGINE_REGISTRY_FIXTURE_H_
#define SLUICE_TESTS_ENGINE_REGISTRY_FIXTURE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/registry.h"
#include "gtest/gtest.h"
#include "strategy/deployment_state.h"
#include "support/fake_clock.h"

namespace sluice {

class RegistryTest : public testing::Test {
 protected:
  void Insert(const std::string& id, const std::string& service = "shop") {
    v1::DeploymentState state;
    state.set_id(id);
    state.set_service(service);
    state.set_version("2.0");
    state.set_previous_version("1.0");
    state.set_status(v1::STATUS_PENDING);
    registry_.Insert(state);
  }
  absl::Status Move(const std::string& id, v1::Status status) {
    return registry_.Update(id, [&](v1::DeploymentState& state) {
      state.set_status(status);
      return absl::OkStatus();
    });
  }
  void End(const std::string& id, v1::Status status) {
    EXPECT_TRUE(Move(id, v1::STATUS_IN_PROGRESS).ok());
    EXPECT_TRUE(Move(id, status).ok());
  }
  void InsertEnded(const std::string& id, const std::string& service = "shop") {
    Insert(id, service);
    End(id, v1::STATUS_COMPLETED);
  }
  // What a reader that begins after `revision` gets: "d1=completed".
  std::vector<std::string> ReadFrom(int64_t revision, const RecordFilter& filter = {}) {
    std::vector<std::string> seen;
    while (true) {
      const auto next = registry_.NextAfter(revision, filter);
      EXPECT_TRUE(next.ok()) << next.status();
      if (!next.ok() || *next == nullptr) return seen;
      const v1::DeploymentState& state = (*next)->state();
      EXPECT_GT(state.revision(), revision);
      revision = state.revision();
      seen.push_back(absl::StrCat(state.id(), "=", StatusName(state.status())));
    }
  }
  RecordFilter Beginning() { return {.begun = registry_.newest_revision()}; }
  int64_t RevisionOf(const std::string& id) { return (*registry_.Get(id))->state().revision(); }

  FakeClock clock_;
  Registry registry_{clock_, 3};
};

}  // namespace sluice

#endif  // SLUICE_TESTS_ENGINE_REGISTRY_FIXTURE_H_
