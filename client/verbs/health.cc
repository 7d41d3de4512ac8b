// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "absl/strings/str_cat.h"
#include "client/text.h"
#include "client/verbs/verbs.h"
#include "client/words.h"

namespace sluice::client {

ExitCode Run(const HealthOptions& options, Session& session) {
  grpc::health::v1::HealthCheckResponse answer;
  const grpc::Status status = session.connection.CheckHealth(options.service, answer);
  if (status.error_code() == grpc::StatusCode::NOT_FOUND) {
    session.console.WriteError(
        absl::StrCat("sluice: the daemon has no gRPC service ", Printable(options.service),
                     ": leave --service out, or name sluice.v1.DeploymentService\n"));
    return ExitCode::kRefused;
  }
  if (!status.ok()) return session.Fail(status);
  const bool serving = answer.status() == grpc::health::v1::HealthCheckResponse::SERVING;
  if (session.structured()) {
    session.PrintDocument(answer);
  } else {
    session.console.Write(serving ? "serving\n" : "not serving\n");
  }
  return serving ? ExitCode::kDone : ExitCode::kFailed;
}

}  // namespace sluice::client
