// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// How long a plan takes, at least and at most. Pure.

#ifndef SLUICE_ENGINE_PLAN_DURATION_H_
#define SLUICE_ENGINE_PLAN_DURATION_H_

#include "ports/service_ports.h"
#include "sluice/v1/deployment_service.pb.h"

namespace sluice {

// Sets min_duration, and max_duration where there is one, of response.plan for `draft`.
void FillDurations(const v1::DeploymentState& draft, const ServicePorts& ports,
                   v1::PlanResponse& response);

}  // namespace sluice

#endif  // SLUICE_ENGINE_PLAN_DURATION_H_
