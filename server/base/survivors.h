// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Finds and kills the processes that a command left behind, also those that left its process group
// and session: by a cookie in their environment. Used by RunCommand, and for what a killed daemon
// left running. Linux only (/proc).

#ifndef SLUICE_BASE_SURVIVORS_H_
#define SLUICE_BASE_SURVIVORS_H_

#include <sys/types.h>

#include <map>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace sluice {

// The variable that holds the cookie.
inline constexpr char kCookieVariable[] = "SLUICE_CALL_ID";

// A random text that no other process has in its environment.
std::string NewCookie();

// Whether a process is meant, by its id and its environment ("NAME=value", each ended by NUL).
using ProcessTest = absl::FunctionRef<bool(pid_t, absl::string_view)>;

// Sends SIGKILL to every other process that `is_meant` accepts, until none is left or `limit` has
// passed. Returns their names by process id. Cannot see processes of other users.
std::map<pid_t, std::string> KillProcesses(ProcessTest is_meant, absl::Duration limit);
// As KillProcesses, for those that have `cookie`.
std::map<pid_t, std::string> KillProcessesWith(const std::string& cookie, absl::Duration limit);

// Whether a process of that name is the parent of the process, or its parent's parent, and so on.
bool HasAncestorNamed(pid_t pid, absl::string_view name);

// "2 processes outlived the command and were killed: 41 sleep, 42 sh"
std::string DescribeSurvivors(const std::map<pid_t, std::string>& survivors);

}  // namespace sluice

#endif  // SLUICE_BASE_SURVIVORS_H_
