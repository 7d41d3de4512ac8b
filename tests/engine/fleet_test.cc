// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// What really runs, where nobody can be sure of it.

#include "engine/fleet.h"

#include <string>

#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

struct Row {
  std::string name;
  std::string state;
  v1::FleetConsistency consistency;
  std::string version;
};

constexpr v1::FleetConsistency kConsistent = v1::FLEET_CONSISTENCY_CONSISTENT;
constexpr v1::FleetConsistency kUnknown = v1::FLEET_CONSISTENCY_UNKNOWN;

const Row kTable[] = {
    {"a target of which a person was asked",
     "targets { target { version: '1' } phase: TARGET_PHASE_UNCERTAIN }", kUnknown, ""},
    {"a call that was cut short",
     "targets { target { version: '1' } phase: TARGET_PHASE_CANCELLED }", kUnknown, ""},
    {"a target that was not touched", "targets { target { version: '1' } }", kConsistent, "1"},
    {"a share that was being set",
     "plan { steps { status: STEP_STATUS_FAILED start_time {} set_traffic { percentage: 50 } } }",
     kUnknown, ""},
    {"a switch that was under way",
     "plan { steps { status: STEP_STATUS_RUNNING start_time {} switch_traffic { slot: 'green' } } "
     "}",
     kUnknown, ""},
    {"a flag that was not begun with", "plan { steps { set_flag { percentage: 5 } } }", kConsistent,
     "1"},
    {"a wait that was ended", "plan { steps { status: STEP_STATUS_FAILED start_time {} wait {} } }",
     kConsistent, "1"},
};

TEST(Fleet, IsUnknownWhereACallMayHaveDoneItsWork) {
  for (const Row& row : kTable) {
    v1::DeploymentState state;
    const std::string text =
        "version: '2' previous_version: '1' status: STATUS_FAILED strategy: 'rolling' " + row.state;
    ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &state)) << row.name;
    const v1::Fleet fleet = FleetOf(state);
    EXPECT_EQ(fleet.consistency(), row.consistency) << row.name;
    EXPECT_EQ(fleet.version(), row.version) << row.name;
  }
}

}  // namespace
}  // namespace sluice
