// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Deploy's request, as bytes from the wire: what is accepted has a plan with steps and shares that
// make sense.

#include <cmath>
#include <cstdint>

#include "engine/deploy_request.h"
#include "fuzz/require.h"

namespace sluice {
namespace {

// Targets, and requests that bring more of their own.
ServiceDefinition Service() {
  ServiceDefinition definition;
  definition.config.set_name("shop");
  definition.config.set_allow_request_targets(true);
  for (const char* id : {"t1", "t2", "t3"}) definition.config.add_targets()->set_id(id);
  return definition;
}

void CheckShare(double percentage) {
  Require(std::isfinite(percentage) && percentage >= 0 && percentage <= 100, "a share is a share");
}

void CheckStep(const v1::Step& step) {
  Require(step.action_case() != v1::Step::ACTION_NOT_SET, "a step does something");
  if (step.has_set_traffic()) CheckShare(step.set_traffic().percentage());
  if (step.has_set_flag()) CheckShare(step.set_flag().percentage());
  if (step.deploy_targets().has_up_to_percentage()) {
    CheckShare(step.deploy_targets().up_to_percentage());
  }
  if (step.has_wait()) Require(step.wait().duration().seconds() >= 0, "a wait has a length");
}

void Check(const v1::DeployRequest& request) {
  const ServiceDefinition definition = Service();
  if (!ValidateDeployRequest(request, &definition).ok()) return;
  const v1::DeploymentState draft = DraftDeployment(request, definition, ServiceMemory());
  Require(!draft.service().empty() && !draft.version().empty(), "a record says of what");
  Require(draft.targets_size() <= 10'000, "there are not too many targets");
  for (const v1::Step& step : draft.plan().steps()) CheckStep(step);
  const v1::Plan back = PlanRollback(draft);
  for (const v1::Step& step : back.steps()) CheckStep(step);
}

}  // namespace
}  // namespace sluice

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  sluice::v1::DeployRequest request;
  if (!request.ParseFromArray(data, static_cast<int>(size))) return 0;
  sluice::Check(request);
  // Most bytes name no service that there is: the rest of the request deserves a look too.
  request.set_service("shop");
  request.set_version("v2");
  sluice::Check(request);
  return 0;
}
