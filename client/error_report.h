// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// Errors for people: one line that says what, then what to do next. Used by every verb. Pure.

#ifndef SLUICE_CLIENT_ERROR_REPORT_H_
#define SLUICE_CLIENT_ERROR_REPORT_H_

#include <string>

#include "absl/time/time.h"
#include "grpcpp/support/status.h"

namespace sluice::client {

// Where the call went; parts of the advice.
struct CallTarget {
  std::string address;
  absl::Duration timeout;
  bool tls = false;
  std::string request_id = {};  // by which the call can be repeated safely; empty: it has none
};

// Lines that end with a newline. INVALID_ARGUMENT lists every field violation on its own line.
std::string ErrorReport(const grpc::Status& status, const CallTarget& target);

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_ERROR_REPORT_H_
