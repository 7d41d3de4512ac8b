// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

// What every verb has at hand: the daemon, the output, and how to print. One thread.

#ifndef SLUICE_CLIENT_SESSION_H_
#define SLUICE_CLIENT_SESSION_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/connection.h"
#include "client/console.h"
#include "client/exit_code.h"
#include "client/line.h"
#include "client/options.h"
#include "client/output/document.h"
#include "google/protobuf/message.h"
#include "sluice/v1/deployment.pb.h"

namespace sluice::client {

struct Session {
  Connection& connection;
  Console& console;
  OutputFormat output = OutputFormat::kText;

  bool wide() const { return output == OutputFormat::kWide; }
  // The output is for a program.
  bool structured() const { return output == OutputFormat::kJson || output == OutputFormat::kYaml; }

  // What lines are cut to; 0: no limit. What is to be wide is not cut: the terminal wraps it.
  int columns() const { return wide() ? 0 : console.size().columns; }

  // As JSON or YAML; only when structured().
  void PrintDocument(const Document& document);
  void PrintDocument(const google::protobuf::Message& message);
  // Cut to columns().
  void PrintLines(const std::vector<Line>& lines);
  // A complete deployment, in the chosen format.
  void PrintState(const v1::DeploymentState& state);

  // Reports a call that was not OK, with advice; `request_id` is what makes it safe to repeat.
  ExitCode Fail(const grpc::Status& status, const std::string& request_id = "");
  // The same of a call about a service, or about what could be one: when the daemon does not know
  // it, names the one that was probably meant.
  ExitCode FailAbout(const std::string& subject, const grpc::Status& status,
                     const std::string& request_id = "");
  ExitCode UsageError(const std::string& what);

  // The deployment that the user means: a service's latest, or one by id or its unique beginning.
  // What looks like an id is asked as one first: as a service's name it may be refused, and
  // refusals stand in the audit trail.
  grpc::Status Find(const std::string& subject, v1::DeploymentState& state);
  // Whether that is meant, where it cannot be asked.
  static bool LooksLikeAnId(const std::string& subject);
  // False: it can be a service only.
  static bool MayBeAnId(const std::string& subject);
};

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_SESSION_H_
