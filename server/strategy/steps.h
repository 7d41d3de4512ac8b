// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Makes the steps of a plan: one function for each kind, used by the strategies.

#ifndef SLUICE_STRATEGY_STEPS_H_
#define SLUICE_STRATEGY_STEPS_H_

#include <string>

#include "sluice/v1/plan.pb.h"

namespace sluice {

// Each adds one step to the plan and returns it for the details that it leaves at their defaults.
v1::DeployTargets& AddDeployTargets(v1::Plan& plan, const std::string& name);
void AddCheckSuccessRate(v1::Plan& plan, double threshold, double stage);
void AddSetTraffic(v1::Plan& plan, double percentage);
v1::SwitchTraffic& AddSwitchTraffic(v1::Plan& plan, const std::string& slot);
void AddSetFlag(v1::Plan& plan, const std::string& flag, double percentage);
// Nothing is added for zero seconds.
void AddWait(v1::Plan& plan, double seconds);
void AddGate(v1::Plan& plan, const std::string& message);

// Whether the step calls the router.
bool MovesTraffic(const v1::Step& step);

// "12.5%"
std::string PercentText(double percentage);

}  // namespace sluice

#endif  // SLUICE_STRATEGY_STEPS_H_
