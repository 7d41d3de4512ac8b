// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "client/session.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/violations.h"
#include "client/error_report.h"
#include "client/nearest.h"
#include "client/output/document.h"
#include "client/text.h"
#include "client/view/deployment_view.h"

namespace sluice::client {
namespace {

grpc::Status GetState(Connection& connection, const std::string& subject, bool is_id,
                      v1::DeploymentState& state) {
  v1::GetStateRequest request;
  if (is_id) {
    request.set_deployment_id(subject);
  } else {
    request.set_service(subject);
  }
  return connection.Call(&Connection::Deployments::GetState, request, state);
}

// An id's beginning may be no legal service name, or none that the caller has a grant for, and the
// other way round.
bool MayBeTheOther(const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::NOT_FOUND ||
         status.error_code() == grpc::StatusCode::INVALID_ARGUMENT ||
         status.error_code() == grpc::StatusCode::PERMISSION_DENIED;
}

// An error is not to take much longer for the sake of its advice.
constexpr absl::Duration kAdviceTimeout = absl::Seconds(1);

bool MayBeUnknownService(const std::string& subject, const grpc::Status& status) {
  if (Session::LooksLikeAnId(subject)) return false;
  return status.error_code() == grpc::StatusCode::NOT_FOUND ||
         (status.error_code() == grpc::StatusCode::INVALID_ARGUMENT &&
          absl::StrContains(status.error_message(), "service"));
}

// Empty when the service is known, none is near, or the daemon does not tell.
std::string ServiceMeantBy(const std::string& subject, Connection& connection) {
  v1::ListServicesResponse list;
  const grpc::Status status =
      connection.Call(&Connection::Deployments::ListServices, v1::ListServicesRequest(), list,
                      std::min(kAdviceTimeout, connection.timeout()));
  if (!status.ok()) return "";
  std::vector<std::string> names;
  for (const v1::Service& service : list.services()) names.push_back(service.name());
  const bool is_known = std::find(names.begin(), names.end(), subject) != names.end();
  return is_known ? "" : Nearest(subject, names);
}

}  // namespace

void Session::PrintDocument(const google::protobuf::Message& message) {
  PrintDocument(ToDocument(message));
}

void Session::PrintDocument(const Document& document) {
  console.Write(output == OutputFormat::kYaml ? ToYaml(document) : ToJson(document));
}

void Session::PrintLines(const std::vector<Line>& lines) {
  console.Write(ToText(lines, columns(), console.colour()));
}

void Session::PrintState(const v1::DeploymentState& state) {
  if (structured()) return PrintDocument(state);
  const int columns = console.size().columns;
  const bool is_cut = columns > 0 && !wide();
  PrintLines(
      RenderDeployment(state, {absl::Now(), columns == 0 ? 80 : columns, 0, wide(), is_cut}));
}

ExitCode Session::Fail(const grpc::Status& status, const std::string& request_id) {
  console.WriteError(ErrorReport(
      status, {connection.address(), connection.timeout(), connection.tls(), request_id}));
  return ExitCodeOf(status);
}

ExitCode Session::FailAbout(const std::string& subject, const grpc::Status& status,
                            const std::string& request_id) {
  const ExitCode exit_code = Fail(status, request_id);
  if (!MayBeUnknownService(subject, status)) return exit_code;
  const std::string meant = ServiceMeantBy(subject, connection);
  if (!meant.empty()) console.WriteError(absl::StrCat("Did you mean ", Quoted(meant), "?\n"));
  return exit_code;
}

ExitCode Session::UsageError(const std::string& what) {
  console.WriteError(absl::StrCat("sluice: ", what, "\n"));
  return ExitCode::kUsage;
}

grpc::Status Session::Find(const std::string& subject, v1::DeploymentState& state) {
  const bool id_first = LooksLikeAnId(subject);
  const grpc::Status first = GetState(connection, subject, id_first, state);
  if (!MayBeTheOther(first)) return first;
  const grpc::Status second = GetState(connection, subject, !id_first, state);
  if (!MayBeTheOther(second)) return second;
  const grpc::Status& by_id = id_first ? first : second;
  const grpc::Status& by_service = id_first ? second : first;
  // Which deployments begin so, or which grant is missing.
  if (by_id.error_code() == grpc::StatusCode::INVALID_ARGUMENT) return by_id;
  if (by_service.error_code() == grpc::StatusCode::PERMISSION_DENIED) return by_service;
  return {grpc::StatusCode::NOT_FOUND,
          absl::StrCat("\"", Printable(subject),
                       "\" is neither a service with a deployment nor a deployment's id")};
}

// At least what is printed as one.
bool Session::LooksLikeAnId(const std::string& subject) {
  return subject.size() >= kShortIdLength && MayBeAnId(subject);
}

bool Session::MayBeAnId(const std::string& subject) {
  return subject.find_first_not_of("0123456789abcdef") == std::string::npos;
}

}  // namespace sluice::client
