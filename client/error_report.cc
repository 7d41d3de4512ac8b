// Copyright 2026 The Sluice Authors
// SPDX-License-Identifier: Apache-2.0

#include "client/error_report.h"

#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "client/durations.h"
#include "client/exit_code.h"
#include "client/text.h"
#include "google/rpc/error_details.pb.h"

namespace sluice::client {
namespace {

// The daemon names fields of the request; who typed flags looks for those.
std::string InFlags(const std::string& text) {
  return absl::StrReplaceAll(Printable(text),
                             {{"to_version", "--to-version"}, {"request_id", "--request-id"}});
}

std::vector<std::string> FieldViolations(const grpc::Status& status) {
  std::vector<std::string> lines;
  google::rpc::Status details;
  if (!details.ParseFromString(status.error_details())) return lines;
  for (const auto& any : details.details()) {
    google::rpc::BadRequest bad_request;
    if (!any.UnpackTo(&bad_request)) continue;
    for (const auto& violation : bad_request.field_violations()) {
      const std::string field = InFlags(violation.field());
      lines.push_back(
          absl::StrCat("  ", field, field.empty() ? "" : ": ", InFlags(violation.description())));
    }
  }
  return lines;
}

std::string InvalidRequest(const grpc::Status& status) {
  const std::vector<std::string> violations = FieldViolations(status);
  if (violations.empty()) {
    return absl::StrCat("sluice: refused: ", InFlags(status.error_message()), "\n");
  }
  std::string report = absl::StrCat("sluice: refused: the request has ",
                                    Counted(violations.size(), "mistake"), "\n");
  for (const std::string& violation : violations) absl::StrAppend(&report, violation, "\n");
  return absl::StrCat(report, "Correct them and try again; nothing was changed.\n");
}

// A handshake that fails has few words: gRPC tells neither end what the other one wants.
const char* AdviceForHandshake(const std::string& why, bool tls) {
  if (tls && absl::StrContains(why, "is not in peer certificate")) {
    return "\nThe daemon's certificate is not for this name or address: name one that it has with "
           "--address, or make one for it with `sluice certs init --host NAME`";
  }
  if (tls && absl::StrContains(why, "certificate verify failed")) {
    return "\nThe daemon's certificate is of another authority than --ca names, or is not valid "
           "now";
  }
  if (tls && absl::StrContains(why, "wrong version number")) {
    return "\nNo TLS is spoken there: leave --ca and SLUICE_CA out";
  }
  if (!absl::StrContains(why, "ocket closed") && !absl::StrContains(why, "onnection reset")) {
    return nullptr;
  }
  return tls ? "\nThe daemon closed the connection: it may want a certificate (--cert, --key) of "
               "an "
               "authority that it knows"
             : "\nThe daemon closed the connection: it may want TLS (--ca)";
}

const char* AdviceForUnreachable(const std::string& why, bool tls) {
  if (const char* const advice = AdviceForHandshake(why, tls)) return advice;
  if (absl::StrContains(why, "Permission denied")) {
    return "\nThe socket is for its owner and group: be in the group (`sudo usermod -aG sluice "
           "\"$USER\"`, then log in anew)";
  }
  return "\nIs sluiced running and listening there? Name another address with --address or "
         "SLUICE_ADDRESS";
}

// Nobody knows whether it was done, but for a daemon that was not there at all, or said that it
// takes nothing any more.
bool MayBeDone(const grpc::Status& status) {
  const std::string& message = status.error_message();
  return !IsOfTheAuditTrail(status) && !absl::StrContains(message, "failed to connect") &&
         !absl::StrContains(message, "shutting down");
}

std::string HowToRepeat(const grpc::Status& status, const std::string& request_id) {
  if (request_id.empty() || !MayBeDone(status)) return "";
  return absl::StrCat("To be safe, try again with --request-id ", Printable(request_id),
                      ": it is not done a second time.\n");
}

std::string Unreachable(const grpc::Status& status, const CallTarget& target) {
  if (status.error_code() == grpc::StatusCode::CANCELLED ||
      absl::StrContains(status.error_message(), "shutting down")) {
    return absl::StrCat("sluice: the daemon at ", target.address,
                        " is shutting down; try again when it is back\n");
  }
  if (IsOfTheAuditTrail(status)) {
    return absl::StrCat("sluice: ", WasRefused(status) ? "refused: " : "",
                        Printable(status.error_message()),
                        "\nWhoever runs the daemon must make room for it, or repair the disk",
                        WasRefused(status) ? "; then try again.\n" : ".\n");
  }
  const bool silent = status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED;
  const std::string why = silent ? absl::StrCat("no answer within ", ShortDuration(target.timeout))
                                 : Printable(status.error_message());
  return absl::StrCat("sluice: cannot reach the daemon at ", target.address, ": ", why,
                      AdviceForUnreachable(why, target.tls),
                      silent ? ", or wait longer with --timeout. What was asked for may have been "
                               "done all the same: `sluice list` shows it.\n"
                             : ".\n");
}

const char* Advice(grpc::StatusCode code) {
  switch (code) {
    case grpc::StatusCode::NOT_FOUND:
      return "`sluice list` shows the deployments, `sluice services` the services.\n";
    case grpc::StatusCode::ALREADY_EXISTS:
      return "Leave --request-id out, or choose another one.\n";
    case grpc::StatusCode::FAILED_PRECONDITION:
      return "`sluice state SERVICE|ID` shows where it stands; `sluice wait SERVICE|ID "
             "--for=terminal` waits for its end.\n";
    // Of what there is too much, and when to try again, is said.
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      return "";
    case grpc::StatusCode::UNAUTHENTICATED:
      return "Name a token with --token-file or SLUICE_TOKEN, or a certificate with --cert and "
             "--key.\n";
    case grpc::StatusCode::PERMISSION_DENIED:
      return "Whoever runs the daemon grants it under `access` in its configuration.\n";
    case grpc::StatusCode::UNIMPLEMENTED:
      return "The daemon does not know this call: are sluice and sluiced of the same version?\n";
    default:
      return "The daemon's log has the details.\n";
  }
}

// The daemon itself says which verb helps, or there is nothing to wait for.
bool IsAdvised(const grpc::Status& status) {
  const std::string& message = status.error_message();
  return absl::StrContains(message, "`sluice ") ||
         (status.error_code() == grpc::StatusCode::FAILED_PRECONDITION &&
          !absl::StrContains(message, "has an active deployment"));
}

}  // namespace

std::string ErrorReport(const grpc::Status& status, const CallTarget& target) {
  switch (status.error_code()) {
    case grpc::StatusCode::INVALID_ARGUMENT:
      return InvalidRequest(status);
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::DEADLINE_EXCEEDED:
    case grpc::StatusCode::CANCELLED:
      return Unreachable(status, target) + HowToRepeat(status, target.request_id);
    case grpc::StatusCode::NOT_FOUND:
    case grpc::StatusCode::ALREADY_EXISTS:
    case grpc::StatusCode::FAILED_PRECONDITION:
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
    case grpc::StatusCode::UNAUTHENTICATED:
    case grpc::StatusCode::PERMISSION_DENIED:
      return absl::StrCat("sluice: refused: ", InFlags(status.error_message()), "\n",
                          IsAdvised(status) ? "" : Advice(status.error_code()));
    default:
      return absl::StrCat("sluice: the call failed (code ", static_cast<int>(status.error_code()),
                          "): ", Printable(status.error_message()), "\n",
                          Advice(status.error_code()));
  }
}

}  // namespace sluice::client
