// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// What a deployment would do, as numbered steps. Used by plan. Pure.

#ifndef SLUICE_CLIENT_VIEW_PLAN_VIEW_H_
#define SLUICE_CLIENT_VIEW_PLAN_VIEW_H_

#include <vector>

#include "client/line.h"
#include "sluice/v1/deployment_service.pb.h"

namespace sluice::client {

std::vector<Line> RenderPlan(const v1::PlanResponse& plan);

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_VIEW_PLAN_VIEW_H_
