// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// What a run of a plan needs of the world, handed down from the orchestrator to runner and steps.

#ifndef SLUICE_ENGINE_RUN_CONTEXT_H_
#define SLUICE_ENGINE_RUN_CONTEXT_H_

#include <cstdint>

#include "base/clock.h"
#include "engine/control.h"
#include "engine/pausing.h"
#include "engine/record.h"
#include "engine/record_size.h"
#include "engine/worker_pool.h"
#include "ports/service_ports.h"

namespace sluice {

// All referenced objects outlive the run.
struct RunContext {
  Record& record;
  Control& control;
  const ServicePorts& ports;
  WorkerPool& target_calls;
  Clock& clock;
  // Registry::epoch(). Above 0 a run that is cut short by the end of the daemon leaves its
  // record as it is, and the next start goes on with it.
  int64_t epoch = 0;
  // What the record has for the words of targets and routers.
  TextRoom text_room = {};
};

// Control's safe point: waits while paused, when nothing that was begun before runs any more.
inline Interrupt SafePoint(const RunContext& context) {
  if (context.control.paused()) EndPausing(context.record);
  return context.control.SafePoint();
}

}  // namespace sluice

#endif  // SLUICE_ENGINE_RUN_CONTEXT_H_
