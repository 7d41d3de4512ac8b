// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// From a DeployRequest to the record of a new deployment: validation, the configuration's defaults,
// the choice of targets. Pure.

#ifndef SLUICE_ENGINE_DEPLOY_REQUEST_H_
#define SLUICE_ENGINE_DEPLOY_REQUEST_H_

#include <string>

#include "absl/status/statusor.h"
#include "engine/registry.h"
#include "engine/service_catalog.h"
#include "sluice/v1/deployment_service.pb.h"

namespace sluice {

// `strategy` moves the traffic of a `service` whose targets are really deployed, and nothing moves
// it: there and back would be words alone.
bool LacksRouter(const v1::Strategy& strategy, const config::v1::Service& service);
inline constexpr char kNeedsRouter[] =
    "needs a router: the service has none, so that no traffic would be moved, neither there nor "
    "back; configure one, or use rolling_deployment or canary_deployment";
// "strategy.canary_strategy"
std::string FieldOf(const v1::Strategy& strategy);
// "canary_strategy": what a valid request asks for, else what the service is configured with.
std::string StrategyNameOf(const v1::DeployRequest& request, const ServiceDefinition& definition);

// The kind of driver that the deployment was begun with and that `service` has no longer: to go on
// or back without it would only look done. Empty when it has what is needed.
std::string LostDriver(const v1::DeploymentState& state, const config::v1::Service& service);

// INVALID_ARGUMENT with every violation by field path. `definition` may be null: the service is not
// configured and such services are refused.
absl::Status ValidateDeployRequest(const v1::DeployRequest& request,
                                   const ServiceDefinition* definition);

// Those that the request is for: its own, or all that are configured.
const TargetList& ChosenTargets(const v1::DeployRequest& request,
                                const ServiceDefinition& definition);

// The record of a valid request, without id, status and times.
v1::DeploymentState DraftDeployment(const v1::DeployRequest& request,
                                    const ServiceDefinition& definition,
                                    const ServiceMemory& memory);

// What a strategy would do for this record.
v1::Plan PlanDeploy(const v1::DeploymentState& state);
// The way back of what it has touched.
v1::Plan PlanRollback(const v1::DeploymentState& state);

}  // namespace sluice

#endif  // SLUICE_ENGINE_DEPLOY_REQUEST_H_
