// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/shared_state.h"

#include "gtest/gtest.h"

namespace sluice {
namespace {

v1::DeploymentState StateOf(const std::string& version) {
  v1::DeploymentState state;
  state.set_version(version);
  return state;
}

TEST(SharedStateTest, WhoeverWasGivenAStateKeepsIt) {
  SharedState record(StateOf("1.0"));
  const SnapshotPtr first = record.Share();
  record.Mutable().set_version("2.0");
  const SnapshotPtr second = record.Share();
  EXPECT_EQ(first->state().version(), "1.0");
  EXPECT_EQ(second->state().version(), "2.0");
  EXPECT_EQ(record->version(), "2.0");
}

TEST(SharedStateTest, AllWhoAskBetweenTwoChangesShareOneSnapshot) {
  SharedState record(StateOf("1.0"));
  EXPECT_EQ(record.Share(), record.Share());
  EXPECT_EQ(&*record, &record.Share()->state());
}

TEST(SharedStateTest, WhatNobodyWasGivenIsChangedInPlace) {
  SharedState record(StateOf("1.0"));
  v1::DeploymentState& state = record.Mutable();
  state.set_version("2.0");
  EXPECT_EQ(&record.Mutable(), &state);
  EXPECT_EQ(&*record, &state);
}

}  // namespace
}  // namespace sluice
