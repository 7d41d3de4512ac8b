// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Named places at which a test lets the daemon die, fail or dawdle. Any code names one with a
// macro; main arms them from the environment before there are threads. Only the CMake option
// SLUICE_FAILPOINTS compiles them in: without it the macros are nothing.

#ifndef SLUICE_BASE_FAILPOINT_H_
#define SLUICE_BASE_FAILPOINT_H_

#include <cstddef>
#include <iterator>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "base/failpoint_option.h"

namespace sluice {

inline constexpr char kFailpointsVariable[] = "SLUICE_FAILPOINTS";

// Arms failpoints: "NAME=ACTION" with the actions crash, error and sleep(DURATION), several of them
// separated by commas. "@3" after an action: the third time only; "@3+": from then on; without:
// every time. INVALID_ARGUMENT when it is none of these; FAILED_PRECONDITION for any specification
// in a build without failpoints. An empty one disarms all. Not thread-safe.
absl::Status ArmFailpoints(absl::string_view specification);

}  // namespace sluice

#if SLUICE_FAILPOINTS

namespace sluice {

struct Failpoint {
  std::string_view name;
  bool may_fail = false;  // knows the action error
};

// Each is named in one place of the code.
inline constexpr Failpoint kFailpoints[] = {
    {"accept.before_hand_over"},    {"audit.before_write", true}, {"audit.after_write"},
    {"audit.after_sync"},           {"call.before_gate"},         {"deployer.before_probe"},
    {"deployer.before_call"},       {"deployer.after_call"},      {"journal.before_commit", true},
    {"journal.before_write", true}, {"journal.mid_write"},        {"journal.after_write"},
    {"journal.after_sync", true},   {"journal.before_reply"},     {"router.before_call"},
    {"router.after_call"},
};
inline constexpr size_t kFailpointCount = std::size(kFailpoints);

// kFailpointCount when there is none.
constexpr size_t FailpointIndex(std::string_view name) {
  for (size_t i = 0; i < kFailpointCount; ++i) {
    if (kFailpoints[i].name == name) return i;
  }
  return kFailpointCount;
}

// The code has come to this place. Not OK when the place is to fail. Thread-safe.
absl::Status HitFailpoint(size_t index);

}  // namespace sluice

#define SLUICE_HIT_FAILPOINT(name)                                                      \
  [] {                                                                                  \
    constexpr size_t kIndex = ::sluice::FailpointIndex(name);                           \
    static_assert(kIndex < ::sluice::kFailpointCount, "a name that is in kFailpoints"); \
    return ::sluice::HitFailpoint(kIndex);                                              \
  }()
// A place that cannot fail.
#define SLUICE_FAILPOINT(name) SLUICE_HIT_FAILPOINT(name).IgnoreError()
// A place that, where it fails, returns from the function around it with its error.
#define SLUICE_FAILPOINT_OR_RETURN(name) \
  if (absl::Status status_here = SLUICE_HIT_FAILPOINT(name); !status_here.ok()) return status_here

#else

#define SLUICE_FAILPOINT(name)
#define SLUICE_FAILPOINT_OR_RETURN(name)

#endif  // SLUICE_FAILPOINTS

#endif  // SLUICE_BASE_FAILPOINT_H_
