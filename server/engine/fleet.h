// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// What really runs at the end of a deployment, apart from how it ended. Used by whoever ends one,
// and to tell of services; pure.

#ifndef SLUICE_ENGINE_FLEET_H_
#define SLUICE_ENGINE_FLEET_H_

#include <map>
#include <string>

#include "sluice/v1/deployment.pb.h"

namespace sluice {

// From the versions that the targets are known to have, or from the traffic where only that moves.
v1::Fleet FleetOf(const v1::DeploymentState& state);

// Of a whole service: as its latest deployment left it, and by what is known of the targets that
// were not in it. `versions` by target id.
v1::Fleet FleetOfService(const v1::DeploymentState& latest,
                         const std::map<std::string, std::string>& versions);

}  // namespace sluice

#endif  // SLUICE_ENGINE_FLEET_H_
