// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "absl/strings/str_cat.h"
#include "client/error_report.h"
#include "client/text.h"
#include "client/verbs/verbs.h"

namespace sluice::client {
namespace {

// The general advice for these is about deployments; the daemon's own words say it all.
bool IsOfTheFile(grpc::StatusCode code) {
  switch (code) {
    case grpc::StatusCode::ALREADY_EXISTS:
    case grpc::StatusCode::NOT_FOUND:
    case grpc::StatusCode::FAILED_PRECONDITION:
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      return true;
    default:
      return false;
  }
}

ExitCode Report(const grpc::Status& status, const BackupOptions& options, Session& session) {
  if (IsOfTheFile(status.error_code())) {
    session.console.WriteError(
        absl::StrCat("sluice: no backup was made: ", Printable(status.error_message()), "\n"));
  } else {
    session.console.WriteError(
        ErrorReport(status, {session.connection.address(), options.timeout}));
  }
  return ExitCodeOf(status);
}

}  // namespace

ExitCode Run(const BackupOptions& options, Session& session) {
  v1::BackupRequest request;
  request.set_file(options.file);
  v1::BackupResponse response;
  const grpc::Status status =
      session.connection.Call(&Connection::Deployments::Backup, request, response, options.timeout);
  if (!status.ok()) return Report(status, options, session);
  if (session.structured()) {
    session.PrintDocument(response);
  } else {
    session.console.Write(absl::StrCat("the records up to revision ", response.revision(),
                                       " are in ", Printable(options.file),
                                       " on the daemon's machine\n"));
  }
  return ExitCode::kDone;
}

}  // namespace sluice::client
