// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "client/session.h"

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/error_report.h"
#include "client/output/document.h"
#include "client/text.h"
#include "client/view/deployment_view.h"

namespace sluice::client {

void Session::PrintDocument(const google::protobuf::Message& message) {
  PrintDocument(ToDocument(message));
}

void Session::PrintDocument(const Document& document) {
  console.Write(output == OutputFormat::kYaml ? ToYaml(document) : ToJson(document));
}

void Session::PrintState(const v1::DeploymentState& state) {
  if (structured()) return PrintDocument(state);
  const int columns = console.size().columns;
  console.Write(RenderDeployment(state, {absl::Now(), columns == 0 ? 80 : columns, 0, wide()}));
}

ExitCode Session::Fail(const grpc::Status& status) {
  console.WriteError(
      ErrorReport(status, {connection.address(), connection.timeout(), connection.tls()}));
  return ExitCodeOf(status.error_code());
}

ExitCode Session::UsageError(const std::string& what) {
  console.WriteError(absl::StrCat("sluice: ", what, "\n"));
  return ExitCode::kUsage;
}

grpc::Status Session::Find(const std::string& subject, v1::DeploymentState& state) {
  v1::GetStateRequest request;
  request.set_service(subject);
  const grpc::Status by_service =
      connection.Call(&Connection::Deployments::GetState, request, state);
  // An id's beginning may be no legal service name, and the other way round.
  const bool may_be_an_id = by_service.error_code() == grpc::StatusCode::NOT_FOUND ||
                            by_service.error_code() == grpc::StatusCode::INVALID_ARGUMENT;
  if (!may_be_an_id) return by_service;
  request.set_deployment_id(subject);
  const grpc::Status by_id = connection.Call(&Connection::Deployments::GetState, request, state);
  if (by_id.error_code() != grpc::StatusCode::NOT_FOUND) return by_id;
  return {grpc::StatusCode::NOT_FOUND,
          absl::StrCat("\"", Printable(subject),
                       "\" is neither a service with a deployment nor a deployment's id")};
}

}  // namespace sluice::client
