// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Holds what the configuration names on this machine against what a start needs: users and groups,
// the files of tokens and certificates, the audit trail's place, data_dir. Used by main before a
// start, for --check and before a reload. Makes, changes and locks nothing; blocks on the disk and
// on the name service.

#ifndef SLUICE_APP_SURROUNDINGS_H_
#define SLUICE_APP_SURROUNDINGS_H_

#include <vector>

#include "base/clock.h"
#include "base/violations.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice {

enum class Purpose {
  kStart,
  kCheck,   // maybe by another user than the daemon will run as
  kReload,  // `access` alone: nothing else is taken
};

// Everything that is wrong, by field. PERMISSION_DENIED where the calling user may not do what is
// needed and another may; UNAVAILABLE where time may heal it. Left to the start are faults of
// running things: who holds a lock, what a trail or a store contains, room on the disk.
std::vector<FieldError> CheckSurroundings(const config::v1::Config& config, Purpose purpose,
                                          const Clock& clock);

}  // namespace sluice

#endif  // SLUICE_APP_SURROUNDINGS_H_
