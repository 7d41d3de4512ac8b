// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Port: puts a version on a target. Implemented by drivers/deployer, called by the engine from its
// target threads.

#ifndef SLUICE_PORTS_DEPLOYER_H_
#define SLUICE_PORTS_DEPLOYER_H_

#include <cstdint>
#include <stop_token>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace sluice {

// Says which target a call is for, and which call of which deployment it is. (deployment_id, step,
// attempt) are the same only for a repetition of the same call.
struct TargetCall {
  std::string service;
  std::string version;
  std::string target_id;
  std::string target_address;
  std::string deployment_id;
  int step = 0;     // index into the plan
  int attempt = 1;  // counts from 1 for each target of a deployment
  // Grows with every start of a daemon on the same data; 0 when nothing is durable.
  int64_t epoch = 0;
};

struct CallResult {
  absl::Status status;
  // What the call printed or answered, for people: valid UTF-8, head and tail of at most 16 KiB.
  std::string output;
};

// Thread-safe. Calls block until they are done, their timeout passes, or `stop` is requested; then
// they return CANCELLED at once, within half a second at the most.
class Deployer {
 public:
  virtual ~Deployer() = default;

  // Puts call.version on the target. DEADLINE_EXCEEDED after the driver's timeout.
  virtual CallResult Deploy(const TargetCall& call, std::stop_token stop) = 0;

  // The version that runs on the target; call.version is not looked at. UNIMPLEMENTED when the
  // driver cannot tell.
  virtual absl::StatusOr<std::string> RunningVersion(const TargetCall& call,
                                                     std::stop_token stop) = 0;

  // False when RunningVersion is UNIMPLEMENTED whatever the target: none needs to be asked.
  virtual bool TellsVersion() const { return true; }

  // The longest that Deploy can take; infinite when nothing bounds it.
  virtual absl::Duration MaxDuration() const { return absl::InfiniteDuration(); }
};

}  // namespace sluice

#endif  // SLUICE_PORTS_DEPLOYER_H_
