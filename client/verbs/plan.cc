// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "client/deploy_request.h"
#include "client/verbs/verbs.h"
#include "client/view/plan_view.h"

namespace sluice::client {

ExitCode Run(const PlanOptions& options, Session& session) {
  const absl::StatusOr<v1::DeployRequest> request = BuildDeployRequest(options.deployment);
  if (!request.ok()) return session.UsageError(std::string(request.status().message()));
  v1::PlanResponse plan;
  const grpc::Status status =
      session.connection.Call(&Connection::Deployments::PlanDeployment, *request, plan);
  if (!status.ok()) return session.FailAbout(request->service(), status);
  if (session.structured()) {
    session.PrintDocument(plan);
  } else {
    session.console.Write(RenderPlan(plan));
  }
  return ExitCode::kDone;
}

}  // namespace sluice::client
