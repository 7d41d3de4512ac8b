// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// One deployment that waits for a worker or runs on one. Shared by the manager's accepting thread,
// its verbs and the worker.

#ifndef SLUICE_ENGINE_DEPLOYMENT_JOB_H_
#define SLUICE_ENGINE_DEPLOYMENT_JOB_H_

#include <string>
#include <utility>

#include "base/timestamp.h"
#include "engine/control.h"
#include "engine/deployment_clock.h"
#include "engine/service_catalog.h"
#include "sluice/v1/deployment.pb.h"

namespace sluice {

struct DeploymentJob {
  DeploymentJob(const v1::DeploymentState& state, ServiceDefinitionPtr service_definition,
                Clock& wall_clock)
      : id(state.id()),
        service(state.service()),
        definition(std::move(service_definition)),
        clock(wall_clock, state),
        control(clock, FromProtoDuration(state.progress_deadline())) {}

  const std::string id;
  const std::string service;
  const ServiceDefinitionPtr definition;
  DeploymentClock clock;
  Control control;
};

}  // namespace sluice

#endif  // SLUICE_ENGINE_DEPLOYMENT_JOB_H_
