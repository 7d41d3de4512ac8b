// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// The way from the engine to a port: drivers stand on libraries that may throw, and so may the
// functions of who uses a strategy as a library. Any thread.

#ifndef SLUICE_ENGINE_PORT_CALL_H_
#define SLUICE_ENGINE_PORT_CALL_H_

#include <exception>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/text.h"

namespace sluice {

// What escaped a port or a run without being a std::exception.
inline constexpr char kUnknownException[] = "threw something that is no std::exception";

// What `call` returns, which is made from a status; INTERNAL when it throws.
template <typename Call>
auto CallPort(const Call& call) -> decltype(call()) {
  try {
    return call();
  } catch (const std::exception& error) {
    return {absl::InternalError(absl::StrCat("threw an exception: ", ToValidUtf8(error.what())))};
  } catch (...) {
    return {absl::InternalError(kUnknownException)};
  }
}

}  // namespace sluice

#endif  // SLUICE_ENGINE_PORT_CALL_H_
