// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Fills in what a strategy's options leave out, with the specification's defaults. Pure.

#ifndef SLUICE_STRATEGY_DEFAULTS_H_
#define SLUICE_STRATEGY_DEFAULTS_H_

#include "sluice/v1/strategy.pb.h"

namespace sluice {

v1::RollingDeployment WithDefaults(v1::RollingDeployment options);
v1::BlueGreenDeployment WithDefaults(v1::BlueGreenDeployment options);
v1::CanaryDeployment WithDefaults(v1::CanaryDeployment options);
v1::RollingStrategy WithDefaults(v1::RollingStrategy options);
v1::CanaryStrategy WithDefaults(v1::CanaryStrategy options);
v1::BlueGreenStrategy WithDefaults(v1::BlueGreenStrategy options);
v1::FeatureFlagStrategy WithDefaults(v1::FeatureFlagStrategy options);

// Whichever kind is set; RollingDeployment when none is.
v1::Strategy WithDefaults(v1::Strategy strategy);

}  // namespace sluice

#endif  // SLUICE_STRATEGY_DEFAULTS_H_
